import {
  type AccountId,
  type ClientId,
  type Conversation,
  type ConversationId,
  conversationOfStream,
  type Message,
  type Seq,
  type StreamId,
  type TimelineEvent,
} from '@parley/protocol';
import {
  type DBSchema,
  deleteDB,
  type IDBPDatabase,
  type IDBPObjectStore,
  type IDBPTransaction,
  openDB,
  unwrap,
  wrap,
} from 'idb';
import { TaskQueue } from '../lib/task-queue.ts';
import type { Changes, OutboxEntry, Saved, SavedState, Store } from './store.ts';
import type { WaitingChange } from './waiting-changes.ts';

/** The key of a change over REST that waits. */
type ChangeKey = `change ${ClientId}`;
/** The key of an event that is shown between messages: its conversation, and its seq in a form that sorts. */
type EventKey = `event ${ConversationId} ${string}`;

interface Schema extends DBSchema {
  state: {
    key: 'epoch' | keyof SavedState | ChangeKey | EventKey;
    value: string | SavedState[keyof SavedState] | WaitingChange | TimelineEvent;
  };
  cursors: { key: StreamId; value: Seq };
  windows: { key: ConversationId; value: Seq };
  conversations: { key: ConversationId; value: Conversation };
  messages: { key: [ConversationId, Seq]; value: Message };
  outbox: { key: ClientId; value: OutboxEntry };
}

/** The object stores that a change of events touches. */
const DATA = ['state', 'cursors', 'windows', 'conversations', 'messages'] as const;
const ALL = [...DATA, 'outbox'] as const;
/** The parts of the kept state, each under its name. */
const STATE_PARTS = [
  'me',
  'sidebar',
  'notifications',
  'users',
] as const satisfies (keyof SavedState)[];
/** The number of events that are stored of a conversation, the latest. */
const EVENTS_KEPT = 200;
/** Requests of a large change that are made at once: other work of the page, such as a key press, runs after them. */
const BATCH = 100;
const VERSION = 1;
const PREFIX = 'parley-';
/** The longest wait for another tab to release an emptied database, ms. */
const DELETE_MS = 2_000;
const NOT_OPEN = 'The store is not open';

/**
 * Keeps an account’s data in a browser: one database per account, shared by its tabs. Databases of
 * other accounts are not touched: a page that allows one account at a time deletes them itself.
 */
export class IndexedDbStore implements Store {
  #db: IDBPDatabase<Schema> | null = null;
  #account: AccountId | null = null;
  #whyClosed = NOT_OPEN;
  /** Opening, clearing and closing: a late close must not close what was opened after it. */
  readonly #queue = new TaskQueue();
  readonly #whenIdle: () => Promise<void>;

  /**
   * @param options.whenIdle resolves when the page has nothing more urgent to do: a change of hundreds of conversations,
   *   such as the first one of an account, waits for it. By default it is stored at once.
   */
  constructor(options: { readonly whenIdle?: () => Promise<void> } = {}) {
    this.#whenIdle = options.whenIdle ?? (() => Promise.resolve());
  }

  open(account: AccountId): Promise<Saved> {
    return this.#queue.run(async () => {
      this.#close();
      this.#account = account;
      const db = await openDB<Schema>(PREFIX + account, VERSION, {
        upgrade: createObjectStores,
        // Another tab deletes the database or upgrades it, and must not wait for this one.
        blocking: (_current, _blocked, { target }) => {
          (target as IDBDatabase).close();
          if (this.#db === null || unwrap(this.#db) !== target) return;
          this.#db = null;
          this.#whyClosed = 'Another tab has deleted or upgraded the database';
        },
        // The user has deleted the data of the site, or the disk fails: `clear` opens it again.
        terminated: () => {
          if (this.#db !== db) return;
          this.#db = null;
          this.#whyClosed = 'The browser has closed the database';
        },
      });
      this.#db = db;
      return load(db);
    });
  }

  async apply(changes: Changes): Promise<void> {
    if (changes.conversations.size > BATCH) await this.#whenIdle();
    const tx = this.#open().transaction(DATA, 'readwrite', { durability: 'relaxed' });
    try {
      await write(tx, changes);
    } catch (error) {
      // What was written before the error would otherwise be committed.
      tx.abort();
      await tx.done.catch(() => undefined);
      throw error;
    }
    await tx.done;
  }

  async putOutbox(entry: OutboxEntry): Promise<void> {
    // Strict durability: a command that was sent must be there after a crash, or a retry could use
    // a new id.
    const tx = this.#open().transaction('outbox', 'readwrite', { durability: 'strict' });
    await tx.store.put(entry);
    await tx.done;
  }

  async removeOutbox(id: ClientId): Promise<void> {
    await this.#open().delete('outbox', id);
  }

  async outbox(): Promise<OutboxEntry[]> {
    const entries = await this.#open().getAll('outbox');
    return entries.sort((a, b) => a.order - b.order);
  }

  async putChange(change: WaitingChange): Promise<void> {
    await this.#open().put('state', change, keyOfChange(change.id));
  }

  async removeChange(id: ClientId): Promise<void> {
    await this.#open().delete('state', keyOfChange(id));
  }

  async changes(): Promise<readonly WaitingChange[]> {
    return (await this.#open().getAll('state', allChanges())) as WaitingChange[];
  }

  async timelineEvents(conversation: ConversationId): Promise<readonly TimelineEvent[]> {
    return (await this.#open().getAll('state', eventsOf(conversation))) as TimelineEvent[];
  }

  clear(): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#account === null) return;
      const name = PREFIX + this.#account;
      // Emptied first, because deleting may have to wait for other tabs.
      const db = this.#db ?? (await openDB<Schema>(name));
      if (db.objectStoreNames.length > 0) {
        const tx = db.transaction([...db.objectStoreNames], 'readwrite', { durability: 'strict' });
        for (const store of tx.objectStoreNames) void tx.objectStore(store).clear();
        await tx.done;
      }
      db.close();
      this.#close();
      await deleteWithin(name, DELETE_MS);
      this.#account = null;
    });
  }

  close(): Promise<void> {
    return this.#queue.run(async () => this.#close());
  }

  #close(): void {
    this.#db?.close();
    this.#db = null;
    this.#whyClosed = NOT_OPEN;
  }

  #open(): IDBPDatabase<Schema> {
    if (!this.#db) throw new Error(this.#whyClosed);
    return this.#db;
  }
}

function createObjectStores(db: IDBPDatabase<Schema>): void {
  db.createObjectStore('state');
  db.createObjectStore('cursors');
  db.createObjectStore('windows');
  db.createObjectStore('conversations', { keyPath: 'id' });
  db.createObjectStore('messages', { keyPath: ['conversation', 'seq'] });
  db.createObjectStore('outbox', { keyPath: 'id' });
}

const keyOfChange = (id: ClientId): ChangeKey => `change ${id}`;

/** The keys of all changes, in the order of their ids. */
const allChanges = (): IDBKeyRange => IDBKeyRange.bound('change ', 'change!', false, true);

const keyOfEvent = ({ stream, seq }: TimelineEvent): EventKey =>
  `event ${conversationOfStream(stream)} ${String(seq).padStart(16, '0')}`;

/** The keys of the events of a conversation, in their order; of all conversations without one. */
const eventsOf = (conversation?: ConversationId): IDBKeyRange => {
  const start = conversation === undefined ? 'event' : `event ${conversation}`;
  return IDBKeyRange.bound(`${start} `, `${start}!`, false, true);
};

/** Reads everything in one transaction. */
async function load(db: IDBPDatabase<Schema>): Promise<Saved> {
  const tx = db.transaction(ALL);
  const [epoch, kept, cursors, windows, conversations, messages, outbox, changes] =
    await Promise.all([
      tx.objectStore('state').get('epoch') as Promise<string | undefined>,
      Promise.all(STATE_PARTS.map((name) => tx.objectStore('state').get(name))),
      entries<StreamId, Seq>(tx.objectStore('cursors')),
      entries<ConversationId, Seq>(tx.objectStore('windows')),
      tx.objectStore('conversations').getAll(),
      tx.objectStore('messages').getAll(),
      tx.objectStore('outbox').getAll(),
      tx.objectStore('state').getAll(allChanges()),
    ]);
  await tx.done;
  return {
    epoch: epoch ?? null,
    cursors,
    windows,
    conversations,
    messages,
    outbox: outbox.sort((a, b) => a.order - b.order),
    changes: changes as WaitingChange[],
    state: Object.fromEntries(
      STATE_PARTS.map((name, i) => [name, kept[i]]).filter(([, value]) => value !== undefined),
    ) as SavedState,
  };
}

/**
 * Deletes a database; one that other tabs have open is deleted by the browser when they close it.
 */
async function deleteWithin(name: string, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([deleteDB(name), late]);
  clearTimeout(timer);
}

type WriteTransaction = IDBPTransaction<Schema, typeof DATA, 'readwrite'>;

/**
 * Puts all changes into the transaction; the cursors last. Requests are executed in their order, so that only what is read
 * is awaited, and one request of each batch: an answer to each of a thousand conversations would take longer than all else.
 * A failed request aborts the transaction.
 */
async function write(tx: WriteTransaction, changes: Changes): Promise<void> {
  const isEmpty = await writeEpoch(tx, changes.epoch);
  await writeWindows(tx, changes.windows, isEmpty);
  await writeMessages(tx.objectStore('messages'), changes.messages);
  const conversations = unwrap(tx.objectStore('conversations'));
  await inBatches(changes.conversations, ([id, conversation]) =>
    conversation === null ? conversations.delete(id) : conversations.put(conversation),
  );
  const state = unwrap(tx.objectStore('state'));
  for (const name of STATE_PARTS) {
    const value = changes.state?.[name];
    if (value !== undefined) state.put(value, name);
  }
  await writeEvents(tx.objectStore('state'), changes.timelineEvents ?? []);
  const cursorStore = tx.objectStore('cursors');
  const cursors = unwrap(cursorStore);
  const stored = await readCursors(cursorStore, [...changes.cursors.keys()]);
  await inBatches(changes.cursors, ([stream, seq]) => {
    if (seq === null) return cursors.delete(stream);
    return seq > (stored.get(stream) ?? -1) ? cursors.put(seq, stream) : undefined;
  });
}

/** Makes a request for each item, and lets the page do other work after each batch of them. */
async function inBatches<T>(
  items: Iterable<T>,
  request: (item: T) => IDBRequest | undefined,
): Promise<void> {
  let made = 0;
  for (const item of items) {
    const last = request(item);
    if (last !== undefined && ++made % BATCH === 0) await wrap(last);
  }
}

/** Stores the epoch. Returns whether nothing else is stored: what is cached of another epoch is deleted. */
async function writeEpoch(tx: WriteTransaction, epoch: string | undefined): Promise<boolean> {
  if (epoch === undefined || (await tx.objectStore('state').get('epoch')) === epoch) return false;
  const state = unwrap(tx.objectStore('state'));
  for (const name of ['cursors', 'windows', 'conversations', 'messages'] as const)
    unwrap(tx.objectStore(name)).clear();
  for (const name of STATE_PARTS) state.delete(name);
  state.delete(eventsOf());
  state.put(epoch, 'epoch');
  return true;
}

/** Moves the starts of windows, and deletes the messages before them; there are none if nothing is stored. */
async function writeWindows(
  tx: WriteTransaction,
  changes: Changes['windows'],
  isEmpty: boolean,
): Promise<void> {
  const state = unwrap(tx.objectStore('state'));
  const windows = unwrap(tx.objectStore('windows'));
  const messages = unwrap(tx.objectStore('messages'));
  await inBatches(changes, ([conversation, from]) => {
    if (!isEmpty) {
      const end = [conversation, from ?? Number.POSITIVE_INFINITY];
      messages.delete(IDBKeyRange.bound([conversation], end, false, true));
    }
    if (from !== null) return windows.put(from, conversation);
    state.delete(eventsOf(conversation));
    return windows.delete(conversation);
  });
}

/** Puts messages, unless a later change of them is stored. */
async function writeMessages(
  store: IDBPObjectStore<Schema, typeof DATA, 'messages', 'readwrite'>,
  changed: readonly Message[],
): Promise<void> {
  const messages = unwrap(store);
  const stored = await Promise.all(
    changed.map(({ conversation, seq }) => store.get([conversation, seq])),
  );
  for (const [n, message] of changed.entries()) {
    const before = stored[n];
    if (!before || before.changedSeq <= message.changedSeq) messages.put(message);
  }
}

/** Puts events, and deletes the oldest ones of their conversations beyond the number that is kept. */
async function writeEvents(
  store: IDBPObjectStore<Schema, typeof DATA, 'state', 'readwrite'>,
  events: readonly TimelineEvent[],
): Promise<void> {
  const state = unwrap(store);
  for (const event of events) state.put(event, keyOfEvent(event));
  for (const conversation of new Set(events.map(({ stream }) => conversationOfStream(stream)))) {
    const keys = await store.getAllKeys(eventsOf(conversation));
    const last = keys[keys.length - EVENTS_KEPT - 1];
    if (last !== undefined) state.delete(IDBKeyRange.bound(keys[0], last));
  }
}

/** More cursors than this are read together with all others. */
const CURSORS_READ_ALONE = 20;

/** Returns stored cursors, at least those of the given streams. */
async function readCursors(
  store: IDBPObjectStore<Schema, typeof DATA, 'cursors', 'readwrite'>,
  streams: readonly StreamId[],
): Promise<ReadonlyMap<StreamId, Seq>> {
  if (streams.length > CURSORS_READ_ALONE) return entries<StreamId, Seq>(store);
  const cursors = await Promise.all(streams.map((stream) => store.get(stream)));
  return new Map(
    streams.flatMap((stream, n) => {
      const seq = cursors[n];
      return seq === undefined ? [] : [[stream, seq] as const];
    }),
  );
}

async function entries<K, V>(store: {
  getAllKeys(): Promise<unknown[]>;
  getAll(): Promise<unknown[]>;
}): Promise<Map<K, V>> {
  const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
  return new Map(keys.map((key, i) => [key as K, values[i] as V]));
}
