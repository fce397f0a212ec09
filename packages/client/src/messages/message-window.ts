import type {
  AccountId,
  ClientId,
  ConversationId,
  Event,
  Message,
  ReadCursor,
  Seq,
} from '@parley/protocol';
import {
  authorOfText,
  changesText,
  mentionsInclude,
  mentionsOfText,
  withMention,
} from './mentions.ts';
import {
  change,
  expiredUpTo,
  isChange,
  isInConversation,
  type MessageEvent,
  messageOfPost,
  type Placed,
  targetsOf,
} from './message-changes.ts';

/** The number of messages kept in memory for a conversation that is not on the screen. */
const KEEP = 300;
/** The number of changes to unloaded messages that are kept until a page contains them. */
const CHANGES_KEPT = 1_000;

/**
 * A window of one conversation’s messages from `from` to the cursor of its stream, without gaps: those that
 * are shown in the conversation, or the root and the replies of one of its threads.
 *
 * `changedSeq` of a message says which events it contains, so pages of history and live events can arrive
 * in any order: a message is replaced only by a later state of itself, and an event is applied only to a
 * state that does not contain it.
 */
export class MessageWindow {
  readonly conversation: ConversationId;
  /** The root of the thread; null: the messages that are shown in the conversation. */
  readonly thread: Seq | null;
  readonly #messages = new Map<Seq, Message>();
  readonly #clients = new Map<ClientId, Seq>();
  readonly #clientOf = new Map<Seq, ClientId>();
  /** Changes to messages before `from`: a page that was read before the change may still arrive. */
  #changes: MessageEvent[] = [];
  #from: Seq;
  /** All messages up to this seq have expired. */
  #expired = 0 as Seq;
  /** Sorted by seq; most insertions are at the end. */
  #sorted: Message[] = [];

  constructor(
    conversation: ConversationId,
    from: Seq,
    messages: readonly Message[] = [],
    thread: Seq | null = null,
  ) {
    this.conversation = conversation;
    this.thread = thread;
    this.#from = from;
    for (const message of messages) this.#put(message);
  }

  /** The seq from which no messages are missing. */
  get from(): Seq {
    return this.#from;
  }

  /** Whether there may be messages before the window. */
  get hasOlder(): boolean {
    return this.#from > Math.max(1, this.#expired + 1);
  }

  /** The messages, in the order of seq. */
  get messages(): readonly Message[] {
    return this.#sorted;
  }

  get(seq: Seq): Message | undefined {
    return this.#messages.get(seq);
  }

  /** Returns whether the message of this command is present. */
  hasClient(id: ClientId): boolean {
    return this.#clients.has(id);
  }

  /** Returns the command that posted a message; undefined for messages of pages. */
  clientOf(seq: Seq): ClientId | undefined {
    return this.#clientOf.get(seq);
  }

  /**
   * Applies an event of the conversation. Returns the messages that it created or changed; expired ones are
   * removed, and the window starts after them.
   */
  apply(event: Event): Message[] {
    const changed: Message[] = [];
    const expired = expiredUpTo(event);
    if (expired !== null) this.#expire(expired);
    if (event.type === 'message.posted') {
      const stored = this.#messages.get(event.seq);
      if (event.client) this.#postedBy(event.client, event.seq);
      const isNew = !stored || stored.changedSeq <= event.seq;
      if (isNew && this.holds(event.seq, event.data)) {
        changed.push(this.#put(messageOfPost(this.conversation, event)));
      }
    }
    if (!isChange(event)) return changed;
    const targets = targetsOf(event).map((seq) => this.#messages.get(seq));
    for (const message of targets) {
      const next = message && change(message, event);
      if (next && next !== message) changed.push(this.#put(next));
    }
    if (targets.includes(undefined)) {
      this.#changes.push(event);
      if (this.#changes.length > CHANGES_KEPT) this.#changes.splice(0, CHANGES_KEPT / 2);
    }
    return changed;
  }

  /** Returns whether a message belongs to this window, by its place or the place in its events. */
  holds(seq: Seq, { thread, alsoInConversation }: Placed): boolean {
    if (this.thread !== null) return thread === this.thread || seq === this.thread;
    return isInConversation({ thread, alsoInConversation });
  }

  /**
   * Adds a page of history. `from` is the seq from which nothing is missing up to the messages
   * already present; without it the start of the window is unchanged.
   */
  addPage(messages: readonly Message[], from?: Seq): Message[] {
    const stored: Message[] = [];
    for (const message of messages) {
      if (this.hasExpired(message.seq)) continue;
      const current = this.withLaterChanges(message);
      const earlier = this.#messages.get(message.seq);
      if (earlier && earlier.changedSeq >= current.changedSeq) continue;
      stored.push(this.#put(current));
    }
    const start = Math.max(from ?? this.#from, this.#expired + 1) as Seq;
    if (start < this.#from) this.#from = start;
    return stored;
  }

  /**
   * Returns whether a message has expired. The root of a thread is kept as long as the thread is
   * open.
   */
  hasExpired(seq: Seq): boolean {
    return seq <= this.#expired && seq !== this.thread;
  }

  /** Returns the message with all known changes that it does not contain. */
  withLaterChanges(message: Message): Message {
    let changed = message;
    for (const event of this.#changes) {
      if (targetsOf(event).includes(message.seq)) changed = change(changed, event);
    }
    return changed;
  }

  /**
   * Adds a message of the user that is stored before its event has arrived. One from before the window is
   * in a page that is still to be loaded: added here, it would hide the gap.
   */
  acked(message: Message, client: ClientId): void {
    this.#postedBy(client, message.seq);
    if (message.seq < this.#from || this.#messages.has(message.seq)) return;
    if (this.holds(message.seq, message)) this.#put(message);
  }

  /** Drops the oldest messages. Returns the new start, or null if nothing was dropped. */
  trim(): Seq | null {
    if (this.#sorted.length <= KEEP * 1.5) return null;
    for (const message of this.#sorted.splice(0, this.#sorted.length - KEEP)) {
      this.#messages.delete(message.seq);
    }
    for (const [client, seq] of this.#clients) {
      if (this.#messages.has(seq)) continue;
      this.#clients.delete(client);
      this.#clientOf.delete(seq);
    }
    this.#from = (this.#sorted[0] as Message).seq;
    return this.#from;
  }

  /** Returns how many messages of other accounts, not deleted, are after `seq`. */
  countAfter(seq: Seq, me: AccountId): number {
    let n = 0;
    for (let i = this.messages.length - 1; i >= 0; i--) {
      const message = this.messages[i] as Message;
      if (message.seq <= seq) break;
      if (message.author !== me && message.deletedAt === null) n++;
    }
    return n;
  }

  /**
   * Returns how many messages of other accounts after `readSeq`, up to `asOf`, were deleted after
   * `asOf`.
   */
  countDeleted({ readSeq, asOf }: { readSeq: Seq; asOf: Seq }, me: AccountId): number {
    const isCounted = (seq: Seq, author: AccountId, deletedSeq: Seq) =>
      seq > readSeq && seq <= asOf && author !== me && deletedSeq > asOf;
    let n = 0;
    for (let i = this.messages.length - 1; i >= 0; i--) {
      const { seq, author, deletedAt, changedSeq } = this.messages[i] as Message;
      if (seq <= readSeq) break;
      // A deleted message no longer changes.
      if (deletedAt !== null && isCounted(seq, author, changedSeq)) n++;
    }
    for (const { type, seq, data } of this.#changes) {
      if (type !== 'message.deleted' || this.#messages.has(data.message)) continue;
      if (!isInConversation(data)) continue;
      if (isCounted(data.message, data.author, seq)) n++;
    }
    return n;
  }

  /**
   * Returns the unread mentions of an account: those that were counted at `asOf`, updated with the events
   * after it.
   */
  mentionsSince(
    { readSeq, asOf, unreadMentions }: Pick<ReadCursor, 'readSeq' | 'asOf' | 'unreadMentions'>,
    me: AccountId,
  ): Seq[] {
    let seqs = unreadMentions;
    for (let i = this.messages.length - 1; i >= 0; i--) {
      const { seq, author, mentions, changedSeq } = this.messages[i] as Message;
      if (seq <= readSeq) break;
      if (changedSeq > asOf)
        seqs = withMention(seqs, seq, author !== me && mentionsInclude(mentions, me));
    }
    for (const event of this.#changes) {
      if (!changesText(event)) continue;
      const { seq, data } = event;
      if (seq <= asOf || data.message <= readSeq || this.#messages.has(data.message)) continue;
      if (!isInConversation(data)) continue;
      const isMentioned = authorOfText(event) !== me && mentionsInclude(mentionsOfText(event), me);
      seqs = withMention(seqs, data.message, isMentioned);
    }
    return seqs;
  }

  #expire(upTo: Seq): void {
    if (upTo <= this.#expired) return;
    this.#expired = upTo;
    if (this.#from <= upTo) this.#from = (upTo + 1) as Seq;
    const notExpired = this.#sorted.filter(({ seq }) => !this.hasExpired(seq));
    if (notExpired.length === this.#sorted.length) return;
    for (const { seq } of this.#sorted) if (this.hasExpired(seq)) this.#messages.delete(seq);
    this.#sorted = notExpired;
  }

  #postedBy(client: ClientId, seq: Seq): void {
    this.#clients.set(client, seq);
    this.#clientOf.set(seq, client);
  }

  #put(message: Message): Message {
    this.#messages.set(message.seq, message);
    const place = this.#place(message.seq);
    const replaces = this.#sorted[place]?.seq === message.seq;
    this.#sorted.splice(place, replaces ? 1 : 0, message);
    return message;
  }

  /** Returns the index of the message with this seq, or where it would be inserted. */
  #place(seq: Seq): number {
    let low = 0;
    let high = this.#sorted.length;
    // Most messages are the newest.
    if (high === 0 || (this.#sorted[high - 1] as Message).seq < seq) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as Message).seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
