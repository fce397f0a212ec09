import type {
  AccountId,
  Ack,
  ClientId,
  ConversationId,
  CustomEmoji,
  EmojiId,
  Event,
  Me,
  Refusal,
  Seq,
  Status,
  StreamId,
  User,
  UserGroup,
  UserGroupId,
} from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import type { ConnectionState } from '../connection/connection.ts';
import type { SocketFactory } from '../connection/socket.ts';
import type { ConversationView } from '../conversations/conversations.ts';
import type { ActivitySnapshot } from '../personal/activity.ts';
import type { DraftChanged } from '../personal/drafts.ts';
import type { NotificationsSnapshot } from '../personal/notifications.ts';
import type { OpenReportsSnapshot } from '../personal/open-reports.ts';
import type { SidebarSnapshot } from '../personal/sidebar.ts';
import type { OutboxEntry, Store } from '../storage/store.ts';
import type { ThreadsSnapshot } from '../threads/threads.ts';

/** What a client shows at a given time; the same object while nothing in it changes. */
export interface ClientSnapshot {
  readonly state: ConnectionState;
  /** Time of the next connection attempt, ms since the epoch; null while none is planned. */
  readonly retryAt: number | null;
  readonly me: Me | null;
  readonly conversations: ReadonlyMap<ConversationId, ConversationView>;
  readonly users: ReadonlyMap<AccountId, User>;
  /** Empty until `client.userGroups.load()` is first called. */
  readonly userGroups: ReadonlyMap<UserGroupId, UserGroup>;
  /** Empty until `client.emoji.load()` is first called. Includes deleted ones, for their names. */
  readonly emoji: ReadonlyMap<EmojiId, CustomEmoji>;
  readonly presence: ReadonlyMap<AccountId, 'active' | 'idle'>;
  /** With `presence: 'subscribed'`: statuses of the subscribed accounts and of the user’s own account. */
  readonly statuses: ReadonlyMap<AccountId, Status>;
  readonly typing: ReadonlyMap<ConversationId, readonly AccountId[]>;
  readonly outbox: readonly OutboxEntry[];
  /** The number of changes of settings that the server has not answered. The outbox has those of messages. */
  readonly waitingChanges: number;
  /** Empty until `client.threads.load()` is first called. */
  readonly threads: ThreadsSnapshot;
  /** Not loaded until `client.notifications.load()` is first called. */
  readonly notifications: NotificationsSnapshot;
  /** Not loaded until `client.sidebar.load()` is first called, except for what is stored on this device. */
  readonly sidebar: SidebarSnapshot;
  /** Not counted until `client.activity.load()` is first called. */
  readonly activity: ActivitySnapshot;
  /** Not counted until `client.openReports.load()` is first called. */
  readonly openReports: OpenReportsSnapshot;
}

/** An issued command: its id immediately, its answer later. */
export interface Sent {
  readonly id: ClientId;
  /** Resolves with the ack; rejects with a {@link CommandRefused}. */
  readonly settled: Promise<Ack>;
}

/** The server refused a command, and an automatic retry would not help. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    super(refused.message);
    this.refusal = refused;
  }
}

/** Events of a client, in addition to its snapshot. */
export interface ClientEvents {
  /** Every event that was applied: once, and in the order of seq within each stream. */
  event: Event;
  /** A stream was restarted at its end, and its cached data dropped. */
  reset: { stream: StreamId; lastSeq: Seq };
  /** Events are missing between the seqs `after` and `before`, and were requested. */
  gap: { stream: StreamId; after: Seq; before: Seq };
  /** An event was skipped because its data does not match its type. */
  skipped: { stream: StreamId; seq: Seq; type: string };
  /**
   * A command was acknowledged: it is stored. Also for commands of a previous process of the
   * client.
   */
  ack: { entry: OutboxEntry; ack: Ack };
  /** A command was permanently refused. */
  nack: { entry: OutboxEntry; refusal: Refusal };
  /**
   * The session has ended: the user must log in again. Data on this device is being deleted (see
   * `keepWhenEnded`), including this many commands that were not answered.
   */
  ended: { readonly unanswered: number };
  /** Data could not be stored: it is in memory only. */
  storage: Error;
  /**
   * A change of the sidebar, of notification settings or of the locale was refused, or failed otherwise, after it had
   * waited for a connection.
   */
  refused: Error;
  /** A draft of the account was changed, on any device. Not emitted before `client.drafts.load()` is first called. */
  draft: DraftChanged;
  /** A user registered while this client was live. */
  registered: User;
}

/** Counts of recoveries. Without faults, all are zero except for the first connection. */
export interface ClientCounters {
  connects: number;
  resends: number;
  gapFills: number;
  duplicates: number;
  resets: number;
}

/** Options of a client. */
export interface ClientOptions {
  readonly api: ParleyApi;
  /** In memory by default; browsers use IndexedDbStore. */
  readonly store?: Store;
  /** The browser’s WebSocket by default; programs use `nodeSocket` of `@parley/client/node`. */
  readonly socket?: SocketFactory;
  /** A name for this device that the user recognizes. */
  readonly device?: string;
  /** Returns random numbers in [0, 1) for the delays of retries; Math.random by default. */
  readonly random?: () => number;
  /**
   * True: stored data is kept after the session has ended, for the next login of the same account.
   * For programs, whose storage belongs to their operator. False by default: sessions are ended
   * remotely when a device is lost, so messages and outbox are deleted at once.
   */
  readonly keepWhenEnded?: boolean;
  /**
   * `subscribed`: the server sends the presence of the accounts that were passed to `subscribePresence`.
   * `all`, the default: of all accounts, which is a lot of data on a server with thousands.
   */
  readonly presence?: 'subscribed' | 'all';
  /**
   * Calls `notify` when the listeners of `subscribe` may be called: by default in a microtask, so at most once per turn.
   * A page that renders at each call passes a function that calls it once per frame.
   */
  readonly schedule?: (notify: () => void) => void;
  /** Whether to load the list of users; true by default. Programs that do not need it pass false. */
  readonly loadUsers?: boolean;
}
