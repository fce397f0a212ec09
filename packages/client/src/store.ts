import type {
  AccountId,
  ClientId,
  Conversation,
  ConversationId,
  DurableCommand,
  Message,
  Refusal,
  Seq,
  StreamId,
} from '@parley/protocol';

/** A command that a person has made and that is not answered yet. */
export interface OutboxEntry {
  /** Made once for what the person did; every sending of it uses this id. */
  readonly id: ClientId;
  /** Place in the order in which the person did things. */
  readonly order: number;
  readonly command: DurableCommand;
  /** When the person did it, ms since the epoch. */
  readonly createdAt: number;
  /** `failed`: refused; it stays until the person tries again or throws it away. */
  readonly state: 'pending' | 'failed';
  readonly failure?: Refusal;
  /** The tab that sends it; another one takes over when that tab is gone. */
  readonly owner: string;
}

/** What is cached of a conversation: every message from `from` up to the stream’s cursor. */
export interface SavedWindow {
  readonly conversation: ConversationId;
  readonly from: Seq;
}

/** All that survives a reload. */
export interface Saved {
  readonly epoch: string | null;
  readonly cursors: ReadonlyMap<StreamId, Seq>;
  readonly windows: ReadonlyMap<ConversationId, Seq>;
  readonly messages: readonly Message[];
  readonly conversations: readonly Conversation[];
  readonly outbox: readonly OutboxEntry[];
}

/** Changes that belong together: either all of them are stored or none. */
export interface Changes {
  readonly epoch?: string;
  /** Null: the stream is followed no more. */
  readonly cursors: ReadonlyMap<StreamId, Seq | null>;
  /** New or changed messages. */
  readonly messages: readonly Message[];
  /** Windows that were set anew; messages before `from` go. Null: nothing is cached any more. */
  readonly windows: ReadonlyMap<ConversationId, Seq | null>;
  /** New or changed conversations; null: left. */
  readonly conversations: ReadonlyMap<ConversationId, Conversation | null>;
}

/**
 * Where a client keeps what must survive: in memory, or in IndexedDB.
 *
 * 1. `apply` stores data and cursors in one transaction: no cursor ever says more than the data.
 * 2. A cursor that another tab has moved further is not moved back.
 * 3. An outbox entry is stored when `putOutbox` resolves: only then is it sent.
 */
export interface Store {
  open(account: AccountId): Promise<Saved>;
  apply(changes: Changes): Promise<void>;
  putOutbox(entry: OutboxEntry): Promise<void>;
  removeOutbox(id: ClientId): Promise<void>;
  /** The outbox as it is now, in order; other tabs write to it too. */
  outbox(): Promise<OutboxEntry[]>;
  /** Forgets everything of the account: the person has logged out. */
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

/** A store that forgets with its process: for programs that need no more. */
export class MemoryStore implements Store {
  readonly #outbox = new Map<ClientId, OutboxEntry>();
  readonly #cursors = new Map<StreamId, Seq>();
  #epoch: string | null = null;

  /**
   * A program that stops and starts its client again with the same store goes on from its cursors;
   * the messages themselves are read again when they are wanted.
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
