import type {
  AccountId,
  ClientId,
  Conversation,
  ConversationId,
  DurableCommand,
  Me,
  Message,
  NotificationSettingsAnswer,
  Refusal,
  Seq,
  Sidebar,
  StreamId,
  TimelineEvent,
  User,
} from '@parley/protocol';
import type { WaitingChange } from './waiting-changes.ts';

/** An unanswered command of a user. */
export interface OutboxEntry {
  /** Created once per user action; every attempt uses this id. */
  readonly id: ClientId;
  /** Position in the order in which the user acted. */
  readonly order: number;
  readonly command: DurableCommand;
  /** When the user acted, ms since the epoch. */
  readonly createdAt: number;
  /** `failed`: refused; it stays until the user retries or discards it. */
  readonly state: 'pending' | 'failed';
  readonly failure?: Refusal;
  /** The tab that sends it; another tab takes over when that tab is closed. */
  readonly owner: string;
}

/** The state, besides conversations, that is shown at the next start before the server answers. */
export interface SavedState {
  readonly me?: Me;
  /** The sidebar of the account. */
  readonly sidebar?: Sidebar;
  /** The notification settings of the account. */
  readonly notifications?: NotificationSettingsAnswer;
  /** The users whose names are known. */
  readonly users?: readonly User[];
}

/** The data that survives a reload. */
export interface Saved {
  readonly epoch: string | null;
  readonly cursors: ReadonlyMap<StreamId, Seq>;
  /** The cached part of each conversation: every message from this seq up to the stream’s cursor. */
  readonly windows: ReadonlyMap<ConversationId, Seq>;
  readonly messages: readonly Message[];
  readonly conversations: readonly Conversation[];
  readonly outbox: readonly OutboxEntry[];
  /** Stores that keep only cursors and outbox leave it out. */
  readonly state?: SavedState;
  /** Changes over REST that were not answered, in order. */
  readonly changes?: readonly WaitingChange[];
}

/** Changes that are stored atomically. */
export interface Changes {
  readonly epoch?: string;
  /** Null: the account is no longer subscribed to the stream. */
  readonly cursors: ReadonlyMap<StreamId, Seq | null>;
  /** New or changed messages. */
  readonly messages: readonly Message[];
  /**
   * Windows that were restarted; messages before `from` are removed. Null: nothing is cached any
   * more.
   */
  readonly windows: ReadonlyMap<ConversationId, Seq | null>;
  /** New or changed conversations; null: left. */
  readonly conversations: ReadonlyMap<ConversationId, Conversation | null>;
  /** Events that are shown between the messages; of each conversation the latest are kept. A store may ignore them. */
  readonly timelineEvents?: readonly TimelineEvent[];
  /** Each part replaces the stored one. A store may ignore them. */
  readonly state?: SavedState;
}

/**
 * Stores what must survive a reload: in memory, in IndexedDB or in files.
 *
 * 1. `apply` stores data and cursors in one transaction: no cursor is ever ahead of the data.
 * 2. A cursor that another tab has moved further is not moved back.
 * 3. An outbox entry is stored when `putOutbox` resolves; only then is it sent.
 */
export interface Store {
  open(account: AccountId): Promise<Saved>;
  apply(changes: Changes): Promise<void>;
  putOutbox(entry: OutboxEntry): Promise<void>;
  removeOutbox(id: ClientId): Promise<void>;
  /** Returns the current outbox, in order; other tabs write to it too. */
  outbox(): Promise<OutboxEntry[]>;
  /** Stores a change over REST until it is answered. Stores that keep only cursors and outbox leave this out. */
  putChange?(change: WaitingChange): Promise<void>;
  removeChange?(id: ClientId): Promise<void>;
  /** Returns the changes that wait, in order; other tabs write to them too. */
  changes?(): Promise<readonly WaitingChange[]>;
  /** Returns the stored events of a conversation, in order. */
  timelineEvents?(conversation: ConversationId): Promise<readonly TimelineEvent[]>;
  /** Deletes everything of the account: the user has logged out. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing saved. */
export const NOTHING_SAVED: Saved = {
  epoch: null,
  cursors: new Map(),
  windows: new Map(),
  messages: [],
  conversations: [],
  outbox: [],
};

/** Keeps data until the process ends, for programs that need no more. */
export class MemoryStore implements Store {
  readonly #outbox = new Map<ClientId, OutboxEntry>();
  readonly #cursors = new Map<StreamId, Seq>();
  #epoch: string | null = null;

  /**
   * Returns the stored cursors: a program that stops and restarts its client with the same store continues from
   * them. Messages are loaded again when they are needed.
   */
  open(): Promise<Saved> {
    return Promise.resolve({
      ...NOTHING_SAVED,
      epoch: this.#epoch,
      cursors: new Map(this.#cursors),
      outbox: this.#entries(),
    });
  }

  outbox(): Promise<OutboxEntry[]> {
    return Promise.resolve(this.#entries());
  }

  #entries(): OutboxEntry[] {
    return [...this.#outbox.values()].sort((a, b) => a.order - b.order);
  }

  apply(changes: Changes): Promise<void> {
    if (changes.epoch !== undefined && changes.epoch !== this.#epoch) {
      this.#epoch = changes.epoch;
      this.#cursors.clear();
    }
    for (const [stream, seq] of changes.cursors) {
      if (seq === null) this.#cursors.delete(stream);
      else this.#cursors.set(stream, seq);
    }
    return Promise.resolve();
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    this.#outbox.set(entry.id, entry);
    return Promise.resolve();
  }

  removeOutbox(id: ClientId): Promise<void> {
    this.#outbox.delete(id);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.#outbox.clear();
    this.#cursors.clear();
    this.#epoch = null;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
