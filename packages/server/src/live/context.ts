import type { IncomingMessage } from 'node:http';
import type {
  AccountId,
  Conversation,
  ConversationId,
  Limits,
  Me,
  Refusal,
  Seq,
  SessionId,
} from '@parley/protocol';
import type pg from 'pg';
import type { Identity } from '../accounts/accounts.ts';
import type { Clock } from '../clock.ts';
import type { Start } from '../conversations/snapshot.ts';
import type { Logger } from '../log.ts';
import type { ReadMove } from '../messages/read-cursors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Append } from '../stream/append.ts';
import type { Broker } from '../stream/broker.ts';
import type { Hub } from '../stream/hub.ts';
import type { Connections } from './connections.ts';
import type { PresenceBoard } from './presence.ts';

/** What the live side needs of the rest of the house. */
export interface LiveDeps {
  readonly hub: Hub;
  readonly broker: Broker;
  readonly metrics: Metrics;
  readonly append: Append;
  readonly pool: pg.Pool;
  readonly log: Logger;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Checks an access token or key, and in the database that its session goes on. */
  identify(token: string): Promise<{ identity: Identity } | { refusal: Refusal }>;
  /** Takes one command of the account, over all its sockets: null, or the seconds to wait. */
  limitCommands(account: AccountId): number | null;
  /** Another node has told that a session has ended: what is known of it here counts no more. */
  forgetSession(session: SessionId): void;
  /** Which of the sessions go on, for the regular second look. */
  liveSessions(sessions: readonly SessionId[]): Promise<ReadonlySet<SessionId>>;
  /** Whether a browser at this origin, asking for this host, may open a socket. */
  isAllowedOrigin(origin: string | undefined, host: string | undefined): boolean;
  /** What counts as the address of a request, behind proxies too; of IPv6 the /64. */
  addressOf(request: IncomingMessage): string;
  start(account: AccountId, cursorStreams: readonly string[]): Promise<Start>;
  /** What the account sees of itself; null when it is gone. */
  me(account: AccountId): Promise<Me | null>;
  /** A conversation as its member sees it; null for others. */
  conversation(account: AccountId, id: ConversationId): Promise<Conversation | null>;
  moveReadCursor(
    account: AccountId,
    conversation: ConversationId,
    seq: Seq,
    unread: boolean,
  ): Promise<ReadMove | { refusal: Refusal }>;
  /** The versions of the accounts’ read cursors, for the regular second look. */
  readVersions(accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, number>>;
}

/** What a connection works with. */
export interface LiveContext extends LiveDeps {
  readonly connections: Connections;
  readonly presence: PresenceBoard;
  /** Tells the other members that somebody types. */
  tellTyping(conversation: ConversationId, account: AccountId): void;
  /** Tells the account’s own sockets, and the other members where that is wanted. */
  tellRead(account: AccountId, move: ReadMove): void;
  /** A reader took nothing for too long. */
  stalled(): void;
}
