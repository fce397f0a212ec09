import { isDeepStrictEqual } from 'node:util';
import type { Event } from '@parley/protocol';
import type { RecordOf } from './history.ts';
import { type Stay, staysOf } from './model.ts';

/** The log of a conversation, as the founder read it in the end. */
export class Log {
  readonly stream: string;
  readonly first: number;
  readonly events: readonly Event[];
  readonly #deleted: ReadonlySet<number>;
  readonly #stays: ReadonlyMap<string, readonly Stay[]>;

  constructor({ stream, first, events }: RecordOf<'log'>) {
    this.stream = stream;
    this.first = first;
    this.events = events;
    this.#stays = staysOf(events);
    this.#deleted = new Set(
      events.map((e) => (e.type === 'message.deleted' ? e.data.message : 0)).filter((m) => m > 0),
    );
  }

  /** The seq of the last event. */
  get last(): number {
    return this.events[this.events.length - 1]?.seq ?? this.first - 1;
  }

  at(seq: number): Event | undefined {
    return this.events[seq - this.first];
  }

  /**
   * Whether an event that a client applied is the one that stands here. Of a message that was
   * deleted later the log keeps no text: who got it before that has it.
   */
  has(event: Event): boolean {
    const own = this.at(event.seq);
    if (!own) return false;
    if (isDeepStrictEqual(own, event)) return true;
    if (!isText(own) || !isText(event) || !this.isDeleted(messageOf(own))) return false;
    return isDeepStrictEqual(withBody(own, event.data.body), event);
  }

  /** Whether the message was deleted in the end. */
  isDeleted(message: number): boolean {
    return this.#deleted.has(message);
  }

  /** The stay of the account that covers the event `seq`. */
  stayAt(account: string, seq: number): Stay | undefined {
    return this.#stays
      .get(account)
      ?.find((s) => s.joined <= seq && seq <= (s.left ?? Number.POSITIVE_INFINITY));
  }

  /** Whether the account was a member before anything was said, and is one still. */
  isFaithful(account: string): boolean {
    const [stay, ...more] = this.#stays.get(account) ?? [];
    const said = this.events.find((e) => e.type === 'message.posted')?.seq ?? this.last;
    return stay !== undefined && more.length === 0 && stay.left === null && stay.joined < said;
  }

  /** The stay of the account that began after `seq`. */
  stayAfter(account: string, seq: number): Stay | undefined {
    return this.#stays.get(account)?.find((s) => s.joined > seq);
  }

  /** The stay of the account that goes on. */
  stayNow(account: string): Stay | undefined {
    return this.#stays.get(account)?.find((s) => s.left === null);
  }
}

/** An event that brought a text. */
export type TextEvent = Extract<Event, { type: 'message.posted' | 'message.edited' }>;

/** Whether the event brought a text. */
export const isText = (event: Event): event is TextEvent =>
  event.type === 'message.posted' || event.type === 'message.edited';

/** The message that the event made or changed. */
export const messageOf = (event: TextEvent): number =>
  event.type === 'message.posted' ? event.seq : event.data.message;

const withBody = (event: TextEvent, body: string): object => ({
  ...event,
  data: { ...event.data, body },
});
