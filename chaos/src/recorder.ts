import { createWriteStream, type WriteStream } from 'node:fs';
import type { HistoryRecord } from './history.ts';

/** Writes down what happens: in memory for the checker, and as lines of JSON for whoever comes later. */
export class Recorder {
  readonly records: HistoryRecord[] = [];
  readonly #file: WriteStream;
  readonly #begun = performance.now();

  /** `path`: the file of lines. */
  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  /** Time since the run began, ms. */
  get now(): number {
    return Math.round(performance.now() - this.#begun);
  }

  add(record: HistoryRecord): void {
    this.records.push(record);
    this.#file.write(`${JSON.stringify(record)}\n`);
  }

  /** Resolves when all is on disk. */
  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#file.once('error', reject);
      this.#file.end(() => resolve());
    });
  }
}
