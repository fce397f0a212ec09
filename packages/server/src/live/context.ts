import type {
  AccountId,
  Conversation,
  ConversationId,
  Limits,
  Me,
  Refusal,
  Seq,
  SessionId,
  Status,
} from '@parley/protocol';
import type { Identity } from '../accounts/accounts.ts';
import type { KnownState, Start } from '../conversations/start.ts';
import type { ReadMove, ReadOptions } from '../messages/read-cursors/read-cursors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Append } from '../stream/append.ts';
import type { Broker } from '../stream/broker.ts';
import type { Hub } from '../stream/hub.ts';
import type { Connections } from './connections.ts';
import type { GuestFeed, KnownAccount } from './guest-feed.ts';
import type { PresenceBoard } from './presence.ts';
import type { PresenceAudience } from './presence-audience.ts';
import type { UpgradeChecks } from './upgrades.ts';

/** What all connections of a node share. */
export interface LiveDeps extends UpgradeChecks {
  readonly hub: Hub;
  readonly broker: Broker;
  readonly metrics: Metrics;
  readonly append: Append;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Verifies an access token or API key, and checks in the database that its session has not ended. */
  identify(token: string): Promise<{ identity: Identity } | { refusal: Refusal }>;
  /**
   * Counts a command against the limit of the account over all its connections. Returns the seconds to
   * wait if it is over the limit, otherwise null.
   */
  limitCommands(account: AccountId): number | null;
  /** Removes a session from the caches of this node: another node ended it. */
  forgetSession(session: SessionId): void;
  /** Returns which of the sessions have not ended. */
  liveSessions(sessions: readonly SessionId[]): Promise<ReadonlySet<SessionId>>;
  /** Returns what a connection starts from, given what its client has. */
  start(account: AccountId, known: KnownState): Promise<Start>;
  /** Returns what others see of the status of an account; null if it has none. */
  statusOf(account: AccountId): Status | null;
  /** Returns which of the accounts a guest may find. */
  findable(guest: AccountId, accounts: readonly AccountId[]): Promise<readonly AccountId[]>;
  /** Returns which of the guests may know which of the accounts. */
  knownAccounts(
    guests: readonly AccountId[],
    accounts: readonly AccountId[],
  ): Promise<readonly KnownAccount[]>;
  /** Records that the accounts were connected until now. */
  recordLastSeen(accounts: readonly AccountId[]): Promise<void>;
  /** Returns the account as its user sees it; null if it does not exist. */
  me(account: AccountId): Promise<Me | null>;
  /** Returns a conversation as its member sees it; null for others. */
  conversation(account: AccountId, id: ConversationId): Promise<Conversation | null>;
  /** Moves a read cursor, or marks messages as unread. */
  moveReadCursor(
    account: AccountId,
    conversation: ConversationId,
    seq: Seq,
    options: ReadOptions,
  ): Promise<ReadMove | { refusal: Refusal }>;
  /** Returns the versions of the accounts' read cursors. */
  readVersions(accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, number>>;
}

/** The shared parts of a node that a connection uses. */
export interface LiveContext extends LiveDeps {
  readonly connections: Connections;
  readonly presence: PresenceBoard;
  readonly audience: PresenceAudience;
  readonly guests: GuestFeed;
  /** Notifies the other members that the account is typing. */
  sendTyping(conversation: ConversationId, account: AccountId): void;
  /** Sends a moved read cursor to the account's own connections, and receipts to the other members. */
  sendRead(account: AccountId, move: ReadMove): void;
  /** Counts a connection that was closed because the client did not read. */
  countStalled(): void;
}
