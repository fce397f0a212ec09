import { type ConversationId, conversationOfStream, type Event, type Seq } from '@parley/protocol';

/** Commands choose among this many messages of a conversation. */
const REMEMBERED = 40;

/** Remembers the latest messages of each conversation, for commands to choose among. */
export class MessageChoice {
  readonly #latest = new Map<ConversationId, Seq[]>();

  /** Remembers a message. */
  add(conversation: ConversationId, seq: Seq): void {
    const list = this.#latest.get(conversation) ?? [];
    list.push(seq);
    if (list.length > REMEMBERED) list.shift();
    this.#latest.set(conversation, list);
  }

  /** Returns the message at `pick` in [0, 1); null if there is none. */
  pick(conversation: ConversationId, pick: number): Seq | null {
    const list = this.#latest.get(conversation) ?? [];
    return list[Math.floor(pick * list.length)] ?? null;
  }
}

/** The messages that a client knows, for its commands to choose among. */
export class KnownMessages {
  /** Those of its account. */
  readonly own = new MessageChoice();
  readonly seen = new MessageChoice();
  /** Those that are not replies in threads. */
  readonly roots = new MessageChoice();
  readonly polls = new MessageChoice();
  /** Those that were hidden. */
  readonly hidden = new MessageChoice();

  /** Remembers the message that an event posts or hides, if it does. */
  see(event: Event): void {
    if (event.type === 'message.hidden') {
      this.hidden.add(conversationOfStream(event.stream), event.data.message);
    }
    if (event.type !== 'message.posted') return;
    const conversation = conversationOfStream(event.stream);
    this.seen.add(conversation, event.seq);
    if (event.data.thread === undefined) this.roots.add(conversation, event.seq);
    if (event.data.poll) this.polls.add(conversation, event.seq);
  }

  /** Returns what a step at `pick` in [0, 1) acts on. Few messages have many replies. */
  targets(conversation: ConversationId, pick: number) {
    return {
      own: this.own.pick(conversation, pick),
      seen: this.seen.pick(conversation, pick),
      root: this.roots.pick(conversation, pick ** 4),
      poll: this.polls.pick(conversation, pick),
      hidden: this.hidden.pick(conversation, pick),
      // Usually one of the latest: clients that were away receive it when it is already hidden.
      latest: this.seen.pick(conversation, pick ** 0.2),
    };
  }
}
