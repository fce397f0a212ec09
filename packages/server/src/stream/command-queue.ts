import type { StreamId } from '@parley/protocol';

/** The properties of a command that the queue uses. */
export interface Queueable {
  /** The streams that the command locks. */
  readonly streams: readonly StreamId[];
  /** Estimated bytes that it adds to a transaction. */
  readonly bytes: number;
}

/** The largest batch. */
export interface BatchLimits {
  readonly commands: number;
  readonly bytes: number;
}

/**
 * The commands that wait for a transaction, in the order of their arrival.
 *
 * 1. A batch has commands of any streams, so that many conversations share one commit.
 * 2. A stream is in at most one batch at a time, and a command never overtakes an earlier one with
 *    which it shares a stream. So the commands of a stream are executed in their order, and
 *    transactions of this node never wait for each other’s locks.
 */
export class CommandQueue<T extends Queueable> {
  readonly #limits: BatchLimits;
  #waiting: T[] = [];
  /** The streams of batches in progress. */
  readonly #held = new Set<StreamId>();

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** The number of waiting commands. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Adds a command at the end. */
  push(command: T): void {
    this.#waiting.push(command);
  }

  /**
   * Takes the next batch: the earliest commands whose streams are in no batch in progress. Empty if
   * there are none. The caller must release it.
   */
  take(): T[] {
    const batch: T[] = [];
    const passed: T[] = [];
    // A command that must wait also blocks later commands in its streams.
    const blocked = new Set(this.#held);
    let bytes = 0;
    let next = 0;
    for (; next < this.#waiting.length && batch.length < this.#limits.commands; next++) {
      const command = this.#waiting[next] as T;
      if (blocked.size > 0 && command.streams.some((stream) => blocked.has(stream))) {
        for (const stream of command.streams) blocked.add(stream);
        passed.push(command);
        continue;
      }
      bytes += command.bytes;
      if (batch.length > 0 && bytes > this.#limits.bytes) break;
      batch.push(command);
    }
    this.#waiting = [...passed, ...this.#waiting.slice(next)];
    for (const command of batch) for (const stream of command.streams) this.#held.add(stream);
    return batch;
  }

  /** Frees the streams of a finished batch. */
  release(batch: readonly T[]): void {
    for (const command of batch) for (const stream of command.streams) this.#held.delete(stream);
  }
}
