import { AUDIT_EVENTS, type AuditEvent } from './events.ts';

/** Budgets are renewed, and counts written, at this interval. */
export const WINDOW_MS = 3_600_000;
/** Events of a kind that are stored individually for an address or account. */
const STORED = { unauthenticated: 20, account: 60 } as const;
/** Events of unauthenticated callers that are stored individually in total. */
const UNAUTHENTICATED_MAX = 200;
/** Counts by address or account; the rest share one count for each kind. */
const SUMS_MAX = 100;
/** Addresses and accounts with a budget of their own; the rest share one. */
const COUNTS_MAX = 20_000;

/** Events that were counted instead of stored individually. */
export interface AuditSum {
  readonly event: AuditEvent;
  /** The address or account; null for all others together. */
  readonly key: string | null;
  readonly count: number;
}

/**
 * Decides which events are stored individually, so that the table and the log cannot be flooded:
 * within an hour {@link STORED} of a kind for each address or account, and {@link
 * UNAUTHENTICATED_MAX} of unauthenticated callers in total. Further events are counted, in at most
 * {@link SUMS_MAX} rows and one for each kind.
 */
export class AuditBudget {
  readonly #counts = new Map<string, number>();
  readonly #sums = new Map<string, { event: AuditEvent; key: string | null; count: number }>();
  #unauthenticated = 0;

  /** Returns whether to store the event; counts it otherwise. */
  admit(event: AuditEvent, key: string): boolean {
    const { rate } = AUDIT_EVENTS[event];
    if (rate === 'every') return true;
    const id = `${event} ${key}`;
    const counted = this.#counts.has(id) || this.#counts.size < COUNTS_MAX ? id : event;
    const n = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, n);
    const full = rate === 'unauthenticated' && this.#unauthenticated >= UNAUTHENTICATED_MAX;
    if (n <= STORED[rate] && !full) {
      if (rate === 'unauthenticated') this.#unauthenticated += 1;
      return true;
    }
    this.#add(event, key);
    return false;
  }

  /** Returns the counts and resets the budgets. */
  drain(): AuditSum[] {
    const sums = [...this.#sums.values()];
    this.#sums.clear();
    this.#counts.clear();
    this.#unauthenticated = 0;
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
