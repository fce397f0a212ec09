import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';

/** Resolved reports are kept for this long; the audit log records who resolved them. */
const RETENTION_MS = 90 * 86_400_000;
const POLL_MS = 3_600_000;
const RETRY_MS = 60_000;
/** Reports removed per statement. */
const BATCH = 500;

interface ReportExpiryDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Removes reports that were resolved 90 days ago, in batches. Several nodes may run it at the same
 * time.
 */
export class ReportExpiry {
  readonly #deps: ReportExpiryDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: ReportExpiryDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.removeExpired(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error }, 'resolved reports not removed, will be retried'),
    });
  }

  /** Removes expired reports, now and every hour, until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Removes all reports that have expired. */
  async removeExpired(isStopped: () => boolean = () => false): Promise<void> {
    const { pool, clock } = this.#deps;
    for (;;) {
      const { rowCount } = await pool.query({
        name: 'reports-expire',
        text: `delete from reports where id in (
                 select id from reports where resolved_at < $1
                 order by resolved_at limit $2 for update skip locked)`,
        values: [new Date(clock.now() - RETENTION_MS), BATCH],
      });
      if ((rowCount ?? 0) < BATCH || isStopped()) return;
    }
  }
}
