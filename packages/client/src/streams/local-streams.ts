import {
  type AccountId,
  type Conversation,
  type ConversationId,
  conversationOfStream,
  type Message,
  type Seq,
  type StreamId,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { MessageWindow } from '../messages/message-window.ts';
import { withCounts } from '../messages/polls.ts';
import type { Persistence } from '../storage/persistence.ts';
import type { Saved } from '../storage/store.ts';
import { Streams } from './streams.ts';

/**
 * Holds a client’s state of the streams: how far each was applied, and a window of each
 * conversation’s messages. Changes are also stored, in the same turn.
 */
export class LocalStreams {
  readonly streams: Streams;
  /** The account that the streams belong to. */
  readonly account: AccountId;
  readonly #persistence: Persistence;
  readonly #windows = new Map<ConversationId, MessageWindow>();
  readonly #onWindow: (conversation: ConversationId) => void;
  #epoch: string | null;

  /** `onWindow` is called when a conversation’s window was restarted or dropped. */
  constructor(
    account: AccountId,
    saved: Saved,
    persistence: Persistence,
    onWindow: (conversation: ConversationId) => void,
  ) {
    this.account = account;
    this.#onWindow = onWindow;
    this.#persistence = persistence;
    this.#epoch = saved.epoch;
    this.streams = new Streams(account, saved.cursors);
    for (const [conversation, from] of saved.windows) {
      const messages = saved.messages
        .filter((m) => m.conversation === conversation)
        // A message that an earlier version has stored has no such fields.
        .map((m) => ({
          ...m,
          pinned: m.pinned ?? null,
          forwardedFrom: m.forwardedFrom ?? null,
          poll: withCounts(m.poll),
          previews: m.previews ?? [],
          replyTo: m.replyTo ?? null,
          mentions: m.mentions ?? [],
          attachments: m.attachments ?? [],
          thread: m.thread ?? null,
          alsoInConversation: m.alsoInConversation ?? false,
          threadSummary: m.threadSummary ?? null,
        }));
      this.#windows.set(conversation, new MessageWindow(conversation, from, messages));
    }
  }

  /** The epoch that all of this belongs to. */
  get epoch(): string | null {
    return this.#epoch;
  }

  /** Returns whether the stream is the workspace stream or the account’s personal stream. */
  isOwn(stream: StreamId): boolean {
    return stream === WORKSPACE_STREAM || stream === streamOfAccount(this.account);
  }

  /**
   * Compares the server’s epoch with the stored one. If they differ, drops everything that was
   * stored, and stores the new epoch, so that it happens once. Returns `first` if none was stored.
   */
  begin(epoch: string): 'same' | 'first' | 'other' {
    if (this.#epoch === epoch) return 'same';
    const relation = this.#epoch === null ? 'first' : 'other';
    this.streams.clear();
    for (const id of [...this.#windows.keys()]) this.dropWindow(id);
    this.#epoch = epoch;
    this.#persistence.epoch(epoch);
    return relation;
  }

  window(conversation: ConversationId): MessageWindow | undefined {
    return this.#windows.get(conversation);
  }

  /** The messages of all windows. */
  get messages(): Message[] {
    return [...this.#windows.values()].flatMap((window) => window.messages);
  }

  startWindow(conversation: ConversationId, from: Seq): MessageWindow {
    const window = new MessageWindow(conversation, from);
    this.#windows.set(conversation, window);
    this.#persistence.restartWindow(conversation, from);
    this.#onWindow(conversation);
    return window;
  }

  dropWindow(conversation: ConversationId): void {
    this.#windows.delete(conversation);
    this.#persistence.dropWindow(conversation);
    this.#onWindow(conversation);
  }

  /** Drops the oldest messages of a conversation that is not on screen. */
  trim(conversation: ConversationId): void {
    const from = this.#windows.get(conversation)?.trim() ?? null;
    if (from !== null) this.#persistence.window(conversation, from, []);
  }

  setCursor(stream: StreamId, seq: Seq): void {
    this.streams.set(stream, seq);
    this.#persistence.cursor(stream, seq);
  }

  dropStream(stream: StreamId): void {
    this.streams.drop(stream);
    this.#persistence.cursor(stream, null);
    this.dropWindow(conversationOfStream(stream));
  }

  /** Stores a conversation’s snapshot for the next visit; null: the account left it. */
  keep(id: ConversationId, conversation: Conversation | null): void {
    this.#persistence.conversation(id, conversation);
  }
}
