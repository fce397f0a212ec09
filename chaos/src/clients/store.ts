import {
  type Changes,
  IndexedDbStore,
  NOTHING_SAVED,
  type OutboxEntry,
  type Saved,
  type Store,
} from '@parley/client';
import type {
  AccountId,
  ClientId,
  Conversation,
  ConversationId,
  Message,
  Seq,
  StreamId,
} from '@parley/protocol';

/**
 * A store in memory that survives its client: it has what a disk would have after a crash. Each
 * change is applied as a whole, one turn of the event loop later; a crash before that loses it.
 */
export class SurvivingStore implements Store {
  #epoch: string | null = null;
  readonly #cursors = new Map<StreamId, Seq>();
  readonly #windows = new Map<ConversationId, Seq>();
  readonly #messages = new Map<string, Message>();
  readonly #conversations = new Map<ConversationId, Conversation>();
  readonly #outbox = new Map<ClientId, OutboxEntry>();
  #crashes = 0;

  /** Crashes the process: pending changes are lost. */
  crash(): void {
    this.#crashes++;
  }

  async open(_account: AccountId): Promise<Saved> {
    return {
      ...NOTHING_SAVED,
      epoch: this.#epoch,
      cursors: new Map(this.#cursors),
      windows: new Map(this.#windows),
      messages: [...this.#messages.values()].sort((a, b) => a.seq - b.seq),
      conversations: [...this.#conversations.values()],
      outbox: await this.outbox(),
    };
  }

  async apply(changes: Changes): Promise<void> {
    await this.later(0);
    this.take(changes);
  }

  /** Resolves after this time, ms, unless the process is gone by then. */
  protected later(ms: number): Promise<void> {
    const crashes = this.#crashes;
    return new Promise((resolve) => {
      setTimeout(() => {
        if (crashes === this.#crashes) resolve();
      }, ms);
    });
  }

  /** Applies the changes at once. */
  take(changes: Changes): void {
    if (changes.epoch !== undefined && changes.epoch !== this.#epoch) {
      this.#epoch = changes.epoch;
      this.#forget();
    }
    for (const [id, from] of changes.windows) {
      for (const [key, message] of this.#messages) {
        if (message.conversation === id && message.seq < (from ?? Number.POSITIVE_INFINITY)) {
          this.#messages.delete(key);
        }
      }
      if (from === null) this.#windows.delete(id);
      else this.#windows.set(id, from);
    }
    for (const message of changes.messages) {
      const key = `${message.conversation} ${message.seq}`;
      const stored = this.#messages.get(key);
      if (!stored || stored.changedSeq <= message.changedSeq) this.#messages.set(key, message);
    }
    for (const [id, conversation] of changes.conversations) {
      if (conversation === null) this.#conversations.delete(id);
      else this.#conversations.set(id, conversation);
    }
    for (const [stream, seq] of changes.cursors) {
      if (seq === null) this.#cursors.delete(stream);
      else if (seq > (this.#cursors.get(stream) ?? -1)) this.#cursors.set(stream, seq);
    }
  }

  async putOutbox(entry: OutboxEntry): Promise<void> {
    this.#outbox.set(entry.id, entry);
  }

  async removeOutbox(id: ClientId): Promise<void> {
    this.#outbox.delete(id);
  }

  async outbox(): Promise<OutboxEntry[]> {
    return [...this.#outbox.values()].sort((a, b) => a.order - b.order);
  }

  async clear(): Promise<void> {
    this.#epoch = null;
    this.#outbox.clear();
    this.#forget();
  }

  async close(): Promise<void> {}

  #forget(): void {
    for (const map of [this.#cursors, this.#windows, this.#messages, this.#conversations]) {
      map.clear();
    }
  }
}

/**
 * A planted fault: the cursor is stored at once, the data some time later. A crash in between leaves
 * a cursor that is ahead of the data.
 */
export class CursorFirstStore extends SurvivingStore {
  override async apply(changes: Changes): Promise<void> {
    const nothing = { messages: [], windows: new Map(), conversations: new Map() };
    this.take({ ...changes, ...nothing });
    await this.later(600);
    this.take({ ...changes, cursors: new Map() });
  }
}

/** The store as one process of a client uses it: after `crash` nothing more is stored. */
export class ProcessStore implements Store {
  readonly #store: Store;
  readonly #onOpen: (saved: Saved) => void;
  #crashed = false;

  /** `onOpen` is called with the state that the client starts with. */
  constructor(store: Store, onOpen: (saved: Saved) => void) {
    this.#store = store;
    this.#onOpen = onOpen;
  }

  /** Crashes the process: pending calls neither succeed nor fail. */
  crash(): void {
    this.#crashed = true;
    if (this.#store instanceof SurvivingStore) this.#store.crash();
  }

  open(account: AccountId): Promise<Saved> {
    return this.#while(async () => {
      const saved = await this.#store.open(account);
      this.#onOpen(saved);
      return saved;
    });
  }

  apply(changes: Changes): Promise<void> {
    return this.#while(() => this.#store.apply(changes));
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.#while(() => this.#store.putOutbox(entry));
  }

  removeOutbox(id: ClientId): Promise<void> {
    return this.#while(() => this.#store.removeOutbox(id));
  }

  outbox(): Promise<OutboxEntry[]> {
    return this.#while(() => this.#store.outbox());
  }

  clear(): Promise<void> {
    return this.#while(() => this.#store.clear());
  }

  close(): Promise<void> {
    return this.#while(() => this.#store.close());
  }

  #while<T>(work: () => Promise<T>): Promise<T> {
    return this.#crashed ? new Promise<T>(() => undefined) : work();
  }
}

/** Creates a store of the given kind. */
export function newStore(indexedDb: boolean, planted: string | undefined): Store {
  if (planted === 'cursor-first') return new CursorFirstStore();
  return indexedDb ? new IndexedDbStore() : new SurvivingStore();
}
