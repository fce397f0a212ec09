import {
  type AccountId,
  type ClientId,
  type Conversation,
  type ConversationId,
  type Message,
  type Seq,
  type StreamId,
  streamOfConversation,
  type TimelineEvent,
} from '@parley/protocol';
import {
  type Changes,
  MemoryStore,
  type OutboxEntry,
  type Saved,
  type SavedState,
  type Store,
} from './store.ts';
import type { WaitingChange } from './waiting-changes.ts';

/** Changes that wait for the next transaction. */
interface Waiting {
  epoch: string | undefined;
  readonly cursors: Map<StreamId, Seq | null>;
  readonly messages: Map<string, Message>;
  readonly windows: Map<ConversationId, Seq | null>;
  readonly conversations: Map<ConversationId, Conversation | null>;
  timelineEvents: TimelineEvent[];
  state: SavedState | undefined;
}

/**
 * Collects the changes of a turn and stores them in one transaction, so that data and its cursor
 * are stored together. One transaction at a time, in order. If the store fails (private mode,
 * a full disk), the client continues in memory and reports it once.
 */
export class Persistence {
  /** The given store, used while it works. */
  readonly #preferred: Store;
  #store: Store;
  readonly #underWay = new Set<Promise<void>>();
  readonly #onFailure: (error: Error) => void;
  #waiting = nothing();
  #scheduled = false;
  #busy = false;
  #chain: Promise<void> = Promise.resolve();
  /** Writes wait for the store to open: a command may be issued meanwhile. */
  #opened: Promise<unknown> = Promise.resolve();
  #failed = false;
  #isClosed = false;
  #isCleared = false;

  constructor(store: Store, onFailure: (error: Error) => void) {
    this.#preferred = store;
    this.#store = store;
    this.#onFailure = onFailure;
  }

  open(account: AccountId): Promise<Saved> {
    const opened = this.#open(account);
    this.#opened = opened.catch(() => undefined);
    return opened;
  }

  async #open(account: AccountId): Promise<Saved> {
    // A client that was stopped, or whose store failed, retries its store.
    this.#store = this.#preferred;
    this.#failed = false;
    this.#isClosed = false;
    this.#isCleared = false;
    try {
      return await this.#store.open(account);
    } catch (error) {
      this.#degrade(error);
      return this.#store.open(account);
    }
  }

  epoch(epoch: string): void {
    this.#waiting.epoch = epoch;
    this.#schedule();
  }

  cursor(stream: StreamId, seq: Seq | null): void {
    this.#waiting.cursors.set(stream, seq);
    this.#schedule();
  }

  message(message: Message): void {
    this.#waiting.messages.set(`${message.conversation} ${message.seq}`, message);
    this.#schedule();
  }

  /** Moves the start of the window to `from`: earlier messages are removed, these are added. */
  window(conversation: ConversationId, from: Seq, messages: readonly Message[]): void {
    this.#waiting.windows.set(conversation, from);
    for (const message of messages) this.message(message);
    this.#schedule();
  }

  /** Restarts the window at `from`: its cached messages before that are removed. */
  restartWindow(conversation: ConversationId, from: Seq): void {
    for (const [key, message] of this.#waiting.messages) {
      if (message.conversation === conversation && message.seq < from)
        this.#waiting.messages.delete(key);
    }
    this.#waiting.windows.set(conversation, from);
    this.#schedule();
  }

  dropWindow(conversation: ConversationId): void {
    for (const [key, message] of this.#waiting.messages) {
      if (message.conversation === conversation) this.#waiting.messages.delete(key);
    }
    const stream = streamOfConversation(conversation);
    const events = this.#waiting.timelineEvents;
    this.#waiting.timelineEvents = events.filter((event) => event.stream !== stream);
    this.#waiting.windows.set(conversation, null);
    this.#schedule();
  }

  conversation(id: ConversationId, conversation: Conversation | null): void {
    this.#waiting.conversations.set(id, conversation);
    this.#schedule();
  }

  /** Stores events that are shown between the messages of a conversation. */
  timelineEvents(events: readonly TimelineEvent[]): void {
    if (events.length === 0) return;
    this.#waiting.timelineEvents.push(...events);
    this.#schedule();
  }

  /** Stores parts of the initial state for the next start; the others are unchanged. */
  state(state: SavedState): void {
    this.#waiting.state = { ...this.#waiting.state, ...state };
    this.#schedule();
  }

  /** Resolves when the entry is stored, or is known to be in memory only. */
  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.#guard((store) => store.putOutbox(entry));
  }

  removeOutbox(id: ClientId): Promise<void> {
    return this.#guard((store) => store.removeOutbox(id));
  }

  /** Stores a change over REST until it is answered, if the store keeps them. */
  putChange(change: WaitingChange): Promise<void> {
    return this.#guard(async (store) => store.putChange?.(change));
  }

  removeChange(id: ClientId): Promise<void> {
    return this.#guard(async (store) => store.removeChange?.(id));
  }

  /** Returns the changes that wait, including those of other tabs. */
  async changes(): Promise<readonly WaitingChange[]> {
    let changes: readonly WaitingChange[] = [];
    await this.#guard(async (store) => {
      changes = (await store.changes?.()) ?? [];
    });
    return changes;
  }

  /** Returns the stored events of a conversation, if the store keeps them. */
  async storedTimelineEvents(conversation: ConversationId): Promise<readonly TimelineEvent[]> {
    let events: readonly TimelineEvent[] = [];
    await this.#guard(async (store) => {
      events = (await store.timelineEvents?.(conversation)) ?? [];
    });
    return events;
  }

  /** Returns the stored outbox, including entries of other tabs. */
  async outbox(): Promise<readonly OutboxEntry[]> {
    let entries: readonly OutboxEntry[] = [];
    await this.#guard(async (store) => {
      entries = await store.outbox();
    });
    return entries;
  }

  /**
   * Deletes everything, including what was stored before the store failed. Later changes are kept
   * in memory only.
   */
  async clear(): Promise<void> {
    // Clearing twice must not delete what another client has stored meanwhile.
    if (this.#isCleared) return;
    this.#isCleared = true;
    this.#waiting = nothing();
    this.#store = new MemoryStore();
    await this.#settled();
    await this.#preferred.clear();
  }

  /** Stores pending changes, and closes the store. */
  async close(): Promise<void> {
    // Closing twice must not close what another client has opened meanwhile.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flush();
    await this.#settled();
    // Data that still arrives, such as a page in flight, is not stored.
    this.#store = new MemoryStore();
    await this.#preferred.close();
  }

  /** Resolves when no write is in progress. */
  async #settled(): Promise<void> {
    await this.#chain;
    await Promise.allSettled(this.#underWay);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After this turn, so that the events of one socket read share a transaction.
    setTimeout(() => this.#flush(), 0);
  }

  #flush(): void {
    this.#scheduled = false;
    // Changes that arrive during a transaction share the next one.
    if (this.#busy) return;
    const { epoch, cursors, messages, windows, conversations, timelineEvents, state } =
      this.#waiting;
    if (
      epoch === undefined &&
      state === undefined &&
      cursors.size + messages.size + windows.size + conversations.size === 0 &&
      timelineEvents.length === 0
    ) {
      return;
    }
    this.#waiting = nothing();
    const changes: Changes = {
      ...(epoch !== undefined && { epoch }),
      cursors,
      messages: [...messages.values()],
      windows,
      conversations,
      timelineEvents,
      ...(state && { state }),
    };
    this.#busy = true;
    this.#chain = this.#guard((store) => store.apply(changes)).then(() => {
      this.#busy = false;
      this.#flush();
      return this.#busy ? this.#chain : undefined;
    });
  }

  #guard(work: (store: Store) => Promise<void>): Promise<void> {
    const attempt = this.#attempt(work).finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
    return attempt;
  }

  async #attempt(work: (store: Store) => Promise<void>): Promise<void> {
    await this.#opened;
    const store = this.#store;
    try {
      await work(store);
    } catch (error) {
      // The store was already replaced, after another failure or a deletion.
      if (store === this.#store) this.#degrade(error);
      await work(this.#store);
    }
  }

  #degrade(error: unknown): void {
    this.#store = new MemoryStore();
    if (this.#failed) return;
    this.#failed = true;
    this.#onFailure(error instanceof Error ? error : new Error(String(error)));
  }
}

const nothing = (): Waiting => ({
  epoch: undefined,
  cursors: new Map(),
  messages: new Map(),
  windows: new Map(),
  conversations: new Map(),
  timelineEvents: [],
  state: undefined,
});
