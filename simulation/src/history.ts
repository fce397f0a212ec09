import type { HistoryRecord } from '@parley/chaos/history';

/** A record without its time. */
type WithoutTime<R> = R extends { readonly t: number } ? Omit<R, 't'> : R;

/** Records what clients see, in the form that the checker of the chaos runs reads. */
export class History {
  readonly records: HistoryRecord[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(record: WithoutTime<HistoryRecord>): void {
    this.records.push({ ...record, t: Math.round(this.#now() * 1000) / 1000 } as HistoryRecord);
  }
}
