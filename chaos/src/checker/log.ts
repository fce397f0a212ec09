import { isDeepStrictEqual } from 'node:util';
import { type Event, SYSTEM } from '@parley/protocol';
import type { FinalMessage, RecordOf } from '../history/history.ts';
import { type MembershipPeriod, outcomeOf } from './model.ts';

/** The log of a conversation, as the founder read it at the end. */
export class Log {
  readonly stream: string;
  readonly first: number;
  readonly events: readonly Event[];
  /** The seq of the deletion of each deleted message. */
  readonly #deleted: ReadonlyMap<number, number>;
  /** When each message was hidden. */
  readonly #hidden: ReadonlyMap<number, readonly HiddenPeriod[]>;
  readonly #periods: ReadonlyMap<string, readonly MembershipPeriod[]>;
  /** The messages whose deletion or hiding was undone by a restore. */
  readonly #unredacted: ReadonlySet<number>;

  /** The seq of the last message that has expired: all earlier ones are deleted. */
  readonly expiredUpTo: number;
  /** The messages that result from the events. */
  readonly messages: readonly FinalMessage[];
  /** The events as JSON, once they were compared, and the messages. */
  readonly #texts: string[] = [];
  readonly #messageTexts = new Map<FinalMessage, string>();

  /** `lost` has the events that a restore of the database has undone. */
  constructor({ stream, first, events }: RecordOf<'log'>, lost: readonly Event[] = []) {
    this.stream = stream;
    this.first = first;
    this.events = events;
    const { periods, messages } = outcomeOf(events);
    this.#periods = periods;
    this.messages = messages;
    this.#unredacted = new Set(
      lost.flatMap((e) =>
        (e.type === 'message.deleted' || e.type === 'message.hidden') && e.stream === stream
          ? e.data.message
          : [],
      ),
    );
    this.#deleted = new Map(
      events.flatMap((e) => (e.type === 'message.deleted' ? [[e.data.message, e.seq]] : [])),
    );
    this.#hidden = hiddenPeriodsIn(events);
    this.expiredUpTo = Math.max(0, ...events.flatMap((e) => (isExpiry(e) ? e.data.message : [])));
  }

  /** The seq of the last event. */
  get last(): number {
    return this.events[this.events.length - 1]?.seq ?? this.first - 1;
  }

  /** Returns one of the {@link messages} as JSON. */
  textOf(message: FinalMessage): string {
    const text = this.#messageTexts.get(message) ?? JSON.stringify(message);
    this.#messageTexts.set(message, text);
    return text;
  }

  at(seq: number): Event | undefined {
    return this.events[seq - this.first];
  }

  /**
   * Returns whether an event that a client applied equals the one in the log. The log keeps neither
   * text nor quote of a message that was deleted or hidden later; clients that received it earlier
   * have it. Clients that received a message while it was hidden have neither.
   */
  has(event: Event): boolean {
    const own = this.at(event.seq);
    if (!own) return false;
    // Usually even their fields are in the same order.
    this.#texts[event.seq - this.first] ??= JSON.stringify(own);
    if (this.#texts[event.seq - this.first] === JSON.stringify(event)) return true;
    if (isDeepStrictEqual(own, event)) return true;
    if (!isText(own) || !isText(event)) return false;
    const wasRedacted = event.data.body === '' && this.wasRedactedBeforeRestore(messageOf(own));
    const isEmpty = own.data.body === '' || event.data.body === '';
    const mayDiffer = this.isDeleted(messageOf(own)) || (isEmpty && this.wasHidden(messageOf(own)));
    if (!wasRedacted && !mayDiffer) return false;
    return isDeepStrictEqual(redacted(own), redacted(event));
  }

  /** Returns whether the message was hidden for some time. */
  wasHidden(message: number): boolean {
    return this.hiddenPeriodsOf(message).length > 0;
  }

  /** Returns whether the message was deleted or hidden until a restore undid that. */
  wasRedactedBeforeRestore(message: number): boolean {
    return this.#unredacted.has(message);
  }

  /** Returns the seq of the event that deleted the message. */
  deletionOf(message: number): number | undefined {
    return this.#deleted.get(message);
  }

  /** Returns whether the message was deleted. */
  isDeleted(message: number): boolean {
    return this.#deleted.has(message);
  }

  /** Returns when a message was hidden. */
  hiddenPeriodsOf(message: number): readonly HiddenPeriod[] {
    return this.#hidden.get(message) ?? [];
  }

  /** Returns whether the log has no text of the message: it was deleted, or is hidden at the end. */
  isRedacted(message: number): boolean {
    const isHidden = this.hiddenPeriodsOf(message).some(({ unhidden }) => unhidden === null);
    return isHidden || this.isDeleted(message);
  }

  /** Returns all membership periods of the account. */
  periodsOf(account: string): readonly MembershipPeriod[] {
    return this.#periods.get(account) ?? [];
  }

  /** Returns the membership period of the account that covers the event `seq`. */
  periodAt(account: string, seq: number): MembershipPeriod | undefined {
    return this.#periods
      .get(account)
      ?.find((s) => s.joined <= seq && seq <= (s.left ?? Number.POSITIVE_INFINITY));
  }

  /**
   * Returns whether the account was a member from the creation of the group to the end. One that has joined by a command
   * of the run may have been refused before, even if the log has no message from that time.
   */
  wasAlwaysMember(account: string): boolean {
    const [period, ...more] = this.#periods.get(account) ?? [];
    const firstPost = this.events.find((e) => e.type === 'message.posted')?.seq ?? this.last;
    return (
      period !== undefined &&
      more.length === 0 &&
      period.left === null &&
      period.joined < firstPost &&
      !this.hadJoined(account, period.joined)
    );
  }

  /**
   * Returns whether the membership that covers the event `seq` began with a command of the run. Memberships
   * from the creation of the group have no command of their own.
   */
  hadJoined(account: string, seq: number): boolean {
    const period = this.periodAt(account, seq);
    return period !== undefined && (this.at(period.joined)?.client ?? null) !== null;
  }

  /** Returns the membership period of the account that started after `seq`. */
  periodAfter(account: string, seq: number): MembershipPeriod | undefined {
    return this.#periods.get(account)?.find((s) => s.joined > seq);
  }

  /** Returns the current membership period of the account. */
  currentPeriod(account: string): MembershipPeriod | undefined {
    return this.#periods.get(account)?.find((s) => s.left === null);
  }
}

/** A period in which a message was hidden: the events that hid it and showed it again. */
export interface HiddenPeriod {
  readonly hidden: number;
  readonly unhidden: number | null;
}

function hiddenPeriodsIn(events: readonly Event[]): Map<number, HiddenPeriod[]> {
  const periods = new Map<number, HiddenPeriod[]>();
  for (const { type, seq, data } of events) {
    if (type === 'message.hidden') {
      const list = periods.get(data.message) ?? [];
      periods.set(data.message, [...list, { hidden: seq, unhidden: null }]);
    }
    if (type !== 'message.unhidden') continue;
    const list = periods.get(data.message) ?? [];
    const last = list[list.length - 1];
    if (last) periods.set(data.message, [...list.slice(0, -1), { ...last, unhidden: seq }]);
  }
  return periods;
}

/** An event with a text. */
export type TextEvent = Extract<
  Event,
  { type: 'message.posted' | 'message.edited' | 'message.unhidden' }
>;

/** Returns whether the event deletes a message that has expired. */
export const isExpiry = (event: Event): event is Extract<Event, { type: 'message.deleted' }> =>
  event.type === 'message.deleted' && event.actor === SYSTEM;

/** Returns whether the event has a text. */
export const isText = (event: Event): event is TextEvent =>
  event.type === 'message.posted' ||
  event.type === 'message.edited' ||
  event.type === 'message.unhidden';

/** Returns the message that the event created or changed. */
export const messageOf = (event: TextEvent): number =>
  event.type === 'message.posted' ? event.seq : event.data.message;

/** Returns the event as it is in the log once its message is deleted: without text, quoting nothing. */
const redacted = (event: TextEvent): object => ({
  ...event,
  data: event.type === 'message.posted' ? { body: '' } : { message: event.data.message, body: '' },
});
