import type {
  Conversation,
  ConversationId,
  Message,
  Seq,
  StreamId,
  TimelineEvent,
} from '@parley/protocol';
import { streamOfConversation } from '@parley/protocol';
import { type Changes, MemoryStore, type Saved, type SavedState } from '../../src/storage/store.ts';

/** Keeps everything in memory that a browser stores, so that a test can start a client from it. */
export class FullStore extends MemoryStore {
  readonly #messages = new Map<string, Message>();
  readonly #windows = new Map<ConversationId, Seq>();
  readonly #conversations = new Map<ConversationId, Conversation>();
  #stored = new Map<StreamId, Seq>();
  #events: readonly TimelineEvent[] = [];
  #state: SavedState = {};
  #lastEpoch: string | undefined;

  override async open(): Promise<Saved> {
    return {
      ...(await super.open()),
      windows: new Map(this.#windows),
      messages: [...this.#messages.values()].sort((a, b) => a.seq - b.seq),
      conversations: [...this.#conversations.values()],
      state: this.#state,
    };
  }

  override async apply(changes: Changes): Promise<void> {
    if (changes.epoch !== undefined && changes.epoch !== this.#lastEpoch) {
      this.#lastEpoch = changes.epoch;
      this.#drop();
    }
    for (const [id, from] of changes.windows) this.#moveWindow(id, from);
    for (const message of changes.messages) {
      const key = `${message.conversation} ${message.seq}`;
      const before = this.#messages.get(key);
      if (!before || before.changedSeq <= message.changedSeq) this.#messages.set(key, message);
    }
    for (const [id, conversation] of changes.conversations) {
      if (conversation === null) this.#conversations.delete(id);
      else this.#conversations.set(id, conversation);
    }
    this.#state = { ...this.#state, ...changes.state };
    this.#events = [...this.#events, ...(changes.timelineEvents ?? [])];
    // As in a browser, a cursor does not move back.
    const cursors = [...changes.cursors].filter(
      ([stream, seq]) => seq === null || seq > (this.#stored.get(stream) ?? -1),
    );
    for (const [stream, seq] of cursors) {
      if (seq === null) this.#stored.delete(stream);
      else this.#stored.set(stream, seq);
    }
    await super.apply({ ...changes, cursors: new Map(cursors) });
  }

  async timelineEvents(conversation: ConversationId): Promise<readonly TimelineEvent[]> {
    const stream = streamOfConversation(conversation);
    return this.#events.filter((event) => event.stream === stream);
  }

  override async clear(): Promise<void> {
    this.#drop();
    this.#lastEpoch = undefined;
    await super.clear();
  }

  #moveWindow(id: ConversationId, from: Seq | null): void {
    for (const [key, { conversation, seq }] of this.#messages) {
      if (conversation === id && (from === null || seq < from)) this.#messages.delete(key);
    }
    if (from !== null) {
      this.#windows.set(id, from);
      return;
    }
    this.#windows.delete(id);
    const stream = streamOfConversation(id);
    this.#events = this.#events.filter((event) => event.stream !== stream);
  }

  #drop(): void {
    this.#messages.clear();
    this.#windows.clear();
    this.#conversations.clear();
    this.#stored = new Map();
    this.#events = [];
    this.#state = {};
  }
}
