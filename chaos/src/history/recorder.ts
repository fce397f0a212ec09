import { createWriteStream, type WriteStream } from 'node:fs';
import type { HistoryRecord } from './history.ts';

/** Takes the records of a run. */
export interface RecordSink {
  /** Time since the start of the run, ms. */
  readonly now: number;
  add(record: HistoryRecord): void;
}

/** Records what happens: in memory for the checker, and as lines of JSON on disk. */
export class Recorder implements RecordSink {
  readonly records: HistoryRecord[] = [];
  readonly #file: WriteStream;
  readonly #startedAt = performance.now();

  /** `path`: the file of lines. */
  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  /** Time since the start of the run, ms. */
  get now(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  add(record: HistoryRecord): void {
    this.records.push(record);
    this.#file.write(`${JSON.stringify(record)}\n`);
  }

  /** Resolves when everything is on disk. */
  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#file.once('error', reject);
      this.#file.end(() => resolve());
    });
  }
}
