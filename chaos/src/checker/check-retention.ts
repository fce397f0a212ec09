import type { Event } from '@parley/protocol';
import type { HistoryRecord } from '../history/history.ts';
import { isExpiry, type Log } from './log.ts';
import { of, type Violation } from './violation.ts';

const DAY_MS = 86_400_000;
/** A message whose time is further ahead than this has the time of a wrong clock, ms. */
const AHEAD_MS = 300_000;
const RULE = 'I18 expired';

/**
 * I18: a message is deleted by retention when it and all earlier ones are older than its group keeps messages, and
 * not before. After a search, none is left that had expired by then. Only groups choose a period; the server has none.
 */
export function checkRetention(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const searched = of(history, 'expired').at(-1);
  return [...logs.values()].flatMap((log) => {
    const kept = new Kept(log);
    for (const event of log.events) kept.apply(event);
    if (searched) kept.check(Date.parse(searched.at));
    return kept.found;
  });
}

/** The messages of a conversation that were not deleted yet, as its events are applied. */
class Kept {
  readonly found: Violation[] = [];
  readonly #stream: string;
  /** When each message was posted, in the order of the seqs, ms. */
  readonly #posted = new Map<number, number>();
  /** After how many days messages expire; null: never. */
  #days: number | null = null;

  constructor({ stream }: Log) {
    this.#stream = stream;
  }

  apply(event: Event): void {
    const { type, seq, at, data } = event;
    if (type === 'message.posted') this.#posted.set(seq, Date.parse(at));
    if (type === 'conversation.updated' && data.retention !== undefined) {
      this.#days = typeof data.retention === 'number' ? data.retention : null;
    }
    if (type !== 'message.deleted') return;
    if (isExpiry(event)) this.#checkExpiry(data.message, Date.parse(at));
    this.#posted.delete(data.message);
  }

  /** Checks a message that was deleted because it has expired. */
  #checkExpiry(message: number, at: number): void {
    const posted = this.#posted.get(message);
    const [first] = this.#posted.keys();
    if (posted === undefined) this.#report(`message ${message} expired, but was not there`);
    else if (this.#days === null) this.#report(`message ${message} expired, but is kept forever`);
    else if (posted >= at - this.#days * DAY_MS && posted <= at + AHEAD_MS) {
      const days = (at - posted) / DAY_MS;
      this.#report(`message ${message} expired after ${days} days instead of ${this.#days}`);
    } else if (first !== message) {
      this.#report(`message ${message} expired before message ${first}`);
    }
  }

  /** Reports the first message if it had expired at `at`. */
  check(at: number): void {
    const [first] = this.#posted;
    if (!first || this.#days === null || first[1] >= at - this.#days * DAY_MS) return;
    this.#report(`message ${first[0]} has expired, and is still there`);
  }

  #report(what: string): void {
    this.found.push({ rule: RULE, stream: this.#stream, what });
  }
}
