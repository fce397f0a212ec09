import { refuse } from '../http/errors.ts';
import { ConcurrencyLimit } from '../limits/concurrency.ts';

/** Uploads that a node starts at once: each has a connection to the database and may wait for a lock. */
const AT_ONCE = 2;
/** Uploads that wait to be started. */
const WAITING_MAX = 50;
/** One that has waited longer is rejected, ms. */
const WAIT_MS = 5_000;

/**
 * Bounds how many uploads are started at the same time, so that those which wait for the lock of quotas
 * leave the connections to the database to other requests.
 *
 * 1. Of one lock, one transaction of this node waits or works; of all locks, a few.
 * 2. The others wait without a connection, a bounded number of them for a bounded time.
 */
export class UploadStarts {
  readonly #ofLock = new ConcurrencyLimit(1);
  readonly #ofNode = new ConcurrencyLimit(AT_ONCE);
  #waiting = 0;

  /**
   * Runs a transaction that takes this lock when it is its turn, and settles as it does.
   * @throws {RefusalError} `overloaded` if too many wait, or it has waited for too long
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
