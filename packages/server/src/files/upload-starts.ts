import { refuse } from '../http/errors.ts';
import { ConcurrencyLimit } from '../limits/concurrency.ts';

/** Uploads that a node starts at once; each has a database connection and may wait for a lock. */
const AT_ONCE = 2;
/** Uploads that wait to be started. */
const WAITING_MAX = 50;
/** Uploads that have waited longer are rejected, ms. */
const WAIT_MS = 5_000;

/**
 * Limits how many uploads are started concurrently, so that those waiting for the lock of quotas do
 * not use up the database connections.
 *
 * 1. Per lock, one transaction of this node waits or runs; over all locks, a few.
 * 2. The others wait without a connection, in bounded number and for a bounded time.
 */
export class UploadStarts {
  readonly #ofLock = new ConcurrencyLimit(1);
  readonly #ofNode = new ConcurrencyLimit(AT_ONCE);
  #waiting = 0;

  /**
   * Runs a transaction that takes this lock when its turn comes, and returns its result.
   * @throws {RefusalError} `overloaded` if too many are waiting, or it has waited too long
   */
  async run<T>(lock: string, start: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) refuseStart();
    this.#waiting++;
    const deadline = performance.now() + WAIT_MS;
    let isWaiting = true;
    const begin = () => {
      isWaiting = false;
      this.#waiting--;
      if (performance.now() > deadline) refuseStart();
      return start();
    };
    try {
      return await this.#ofLock.run(lock, () => this.#ofNode.run('', async () => begin()));
    } finally {
      if (isWaiting) this.#waiting--;
    }
  }
}

const refuseStart = (): never =>
  refuse('overloaded', 'Too many uploads are being started', { retryAfter: 5 });
