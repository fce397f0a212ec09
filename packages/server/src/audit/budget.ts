import { AUDIT_EVENTS, type AuditEvent } from './events.ts';

/** Counts are kept, and what was not stored is summed up, for this long. */
export const WINDOW_MS = 3_600_000;
/** Events of a kind that are stored one by one for an address or account. */
const STORED = { stranger: 20, account: 60 } as const;
/** Those of strangers that are stored one by one altogether. */
const STRANGERS_MAX = 200;
/** Sums that are kept apart; what comes after goes to one sum for all. */
const SUMS_MAX = 100;
/** Addresses and accounts that are counted; what comes after shares one count. */
const COUNTS_MAX = 20_000;

/** Events that were not stored one by one. */
export interface AuditSum {
  readonly event: AuditEvent;
  /** The address or account; null for all others together. */
  readonly key: string | null;
  readonly count: number;
}

/**
 * Decides which events are stored one by one, so that nobody can fill the table or the log: within
 * an hour {@link STORED} of a kind for each address or account and {@link STRANGERS_MAX} of
 * strangers altogether. What is more is counted, and summed up in at most {@link SUMS_MAX} rows and
 * one for each kind.
 */
export class AuditBudget {
  readonly #counts = new Map<string, number>();
  readonly #sums = new Map<string, { event: AuditEvent; key: string | null; count: number }>();
  #strangers = 0;

  /** Returns whether an event is stored; counts it otherwise. */
  admit(event: AuditEvent, key: string): boolean {
    const { rate } = AUDIT_EVENTS[event];
    if (rate === 'every') return true;
    const id = `${event} ${key}`;
    const counted = this.#counts.has(id) || this.#counts.size < COUNTS_MAX ? id : event;
    const n = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, n);
    const full = rate === 'stranger' && this.#strangers >= STRANGERS_MAX;
    if (n <= STORED[rate] && !full) {
      if (rate === 'stranger') this.#strangers += 1;
      return true;
    }
    this.#add(event, key);
    return false;
  }

  /** Returns what was not stored, and begins anew. */
  drain(): AuditSum[] {
    const sums = [...this.#sums.values()];
    this.#sums.clear();
    this.#counts.clear();
    this.#strangers = 0;
    return sums;
  }

  #add(event: AuditEvent, key: string): void {
    const id = `${event} ${key}`;
    const own = this.#sums.has(id) || this.#sums.size < SUMS_MAX;
    const at = own ? id : event;
    const sum = this.#sums.get(at) ?? { event, key: own ? key : null, count: 0 };
    sum.count += 1;
    this.#sums.set(at, sum);
  }
}
