import type { HistoryRecord } from '@parley/chaos/history/history';
import type { RecordSink } from '@parley/chaos/history/recorder';

/** Keeps the records of a run, in the format that the checker of the chaos runs reads. */
export class History implements RecordSink {
  readonly records: HistoryRecord[] = [];
  readonly #now: () => number;

  /** `now` returns the simulated time, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get now(): number {
    return Math.round(this.#now() * 1000) / 1000;
  }

  add(record: HistoryRecord): void {
    this.records.push(record);
  }
}
