import type {
  AccountId,
  Ack,
  ClientId,
  ConversationId,
  Event,
  Me,
  Refusal,
  Seq,
  StreamId,
  User,
} from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import type { ConnectionState } from './connection.ts';
import type { ConversationView } from './conversations.ts';
import type { SocketFactory } from './socket.ts';
import type { OutboxEntry, Store } from './store.ts';

/** What a client shows at a moment; the same objects as long as nothing in them changes. */
export interface ClientSnapshot {
  readonly state: ConnectionState;
  /** When the next attempt to connect comes, ms since the epoch; null while none is planned. */
  readonly retryAt: number | null;
  readonly me: Me | null;
  readonly conversations: ReadonlyMap<ConversationId, ConversationView>;
  readonly users: ReadonlyMap<AccountId, User>;
  readonly presence: ReadonlyMap<AccountId, 'active' | 'idle'>;
  readonly typing: ReadonlyMap<ConversationId, readonly AccountId[]>;
  readonly outbox: readonly OutboxEntry[];
}

/** A command that was made: its id at once, its answer later. */
export interface Sent {
  readonly id: ClientId;
  /** Resolves with the ack; rejects with a {@link CommandRefused}. */
  readonly settled: Promise<Ack>;
}

/** The server refused a command, and trying again by itself would not help. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    super(refused.message);
    this.refusal = refused;
  }
}

/** What a client tells besides its snapshot. */
export interface ClientEvents {
  /** Every event that was applied: once, and in the order of seq for each stream. */
  event: Event;
  /** A stream was started anew at its end: what was kept of it is gone. */
  reset: { stream: StreamId; lastSeq: Seq };
  /** A hole was seen and asked for. */
  gap: { stream: StreamId; after: Seq; seen: Seq };
  /** An event whose data is not what its type has was passed over. */
  skipped: { stream: StreamId; seq: Seq; type: string };
  /** A command was answered: it is stored. Also one that an earlier life of the client has made. */
  ack: { entry: OutboxEntry; ack: Ack };
  /** A command was refused for good. */
  nack: { entry: OutboxEntry; refusal: Refusal };
  /**
   * The session is over: log in again. What was kept on this device is being forgotten (see
   * `keepWhenEnded`), and with it so many commands that were not answered yet.
   */
  ended: { readonly unanswered: number };
  /** What was kept could not be stored: it is in memory only. */
  storage: Error;
  /** Somebody registered while this client was live. */
  registered: User;
}

/** What had to be mended; all zero in a run without faults, but for the first connection. */
export interface ClientCounters {
  connects: number;
  resends: number;
  gapFills: number;
  duplicates: number;
  resets: number;
}

/** How to make a client. */
export interface ClientOptions {
  readonly api: ParleyApi;
  /** Memory by default; browsers use IndexedDbStore. */
  readonly store?: Store;
  /** The browser’s WebSocket by default; programs use `nodeSocket` of `@parley/client/node`. */
  readonly socket?: SocketFactory;
  /** What the person would call this device. */
  readonly device?: string;
  /** Chance for pauses; Math.random by default. */
  readonly random?: () => number;
  /**
   * True: what was kept is still there after the session has ended, for the next log-in of the same
   * account. For programs, whose storage is their operator’s. False by default: a session is ended
   * from elsewhere when a device is lost, so messages and outbox are forgotten at once.
   */
  readonly keepWhenEnded?: boolean;
  /** False: the list of people is not loaded. For programs that need none. */
  readonly loadUsers?: boolean;
}
