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

  /** Remembers the message that an event posts, if it does. */
  see(event: Event): void {
    if (event.type === 'message.posted') this.add(conversationOfStream(event.stream), event.seq);
  }

  /** Returns the message at `pick` in [0, 1); null if there is none. */
  pick(conversation: ConversationId, pick: number): Seq | null {
    const list = this.#latest.get(conversation) ?? [];
    return list[Math.floor(pick * list.length)] ?? null;
  }
}
