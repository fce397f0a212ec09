import type { FileId } from '@parley/protocol';
import { refuse } from '../http/errors.ts';

/** Uploads that one node receives at the same time, including waiting ones. */
const WRITERS_MAX = 200;
/** Requests that wait until the writer of one upload has ended. */
const WAITING_MAX = 4;

interface Writer {
  readonly stop: () => void;
  readonly ended: Promise<void>;
}

/** Gives each upload one writer at a time: a later one ends the previous one. */
export class UploadWriters {
  readonly #writers = new Map<FileId, Writer>();
  readonly #waiting = new Map<FileId, number>();
  #size = 0;

  /**
   * Ends the current writer of an upload, and returns when the caller is the writer. The caller
   * must call the returned function when done.
   * @throws {RefusalError} `overloaded` if there are too many writers
   */
  async take(id: FileId, stop: () => void): Promise<() => void> {
    const waiting = this.#waiting.get(id) ?? 0;
    if (this.#size >= WRITERS_MAX || waiting >= WAITING_MAX) {
      refuse('overloaded', undefined, { retryAfter: 5 });
    }
    this.#size++;
    if (this.#writers.has(id)) {
      this.#waiting.set(id, waiting + 1);
      // Checked again: another waiting request may have been faster.
      while (this.#writers.has(id)) await this.end(id);
      const othersWaiting = (this.#waiting.get(id) ?? 1) - 1;
      if (othersWaiting > 0) this.#waiting.set(id, othersWaiting);
      else this.#waiting.delete(id);
    }
    // No await between the check that there is no writer and this.
    let ended = (): void => undefined;
    const writer = {
      stop,
      ended: new Promise<void>((resolve) => {
        ended = resolve;
      }),
    };
    this.#writers.set(id, writer);
    return () => {
      this.#writers.delete(id);
      this.#size--;
      ended();
    };
  }

  /** Ends the writers of an upload, and returns when there is none. */
  async end(id: FileId): Promise<void> {
    for (;;) {
      const writer = this.#writers.get(id);
      if (!writer) return;
      writer.stop();
      await writer.ended;
    }
  }
}
