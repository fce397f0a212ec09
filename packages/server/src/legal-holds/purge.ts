import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/database.ts';

/** Interval of the search for holds that other nodes released or killed nodes left. */
const POLL_MS = 15_000;
/** Delay of a retry after an error. */
const RETRY_MS = 5_000;
/** Rows deleted per statement. */
const BATCH = 500;

interface LegalHoldPurgeDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditLog;
  /** Deletes files that nothing refers to. */
  readonly files: { wake(): void };
}

/**
 * Deletes what released legal holds have kept, in batches. Its progress is only in the tables, so
 * any node can continue for a killed one, and several nodes may run it at once. Other holds have
 * their own copies.
 */
export class LegalHoldPurge {
  readonly #deps: LegalHoldPurgeDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: LegalHoldPurgeDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#purgeReleased(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error }, 'released legal hold not purged, will be retried'),
    });
  }

  /** Purges released holds until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Searches for released holds now. */
  wake(): void {
    this.#worker.wake();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #purgeReleased(isStopped: () => boolean): Promise<void> {
    const { rows } = await this.#deps.pool.query<{ id: string }>({
      name: 'legal-holds-to-purge',
      text: `select id from legal_holds
             where released_at is not null and purged_at is null order by released_at, id`,
    });
    for (const { id } of rows) {
      const versions = await this.#empty('held_events', id, isStopped);
      await this.#empty('held_files', id, isStopped);
      await this.#empty('held_names', id, isStopped);
      if (isStopped()) return;
      await this.#finish(id, versions);
      this.#deps.files.wake();
    }
  }

  /** Deletes the rows of a hold from a table. Returns how many. */
  async #empty(
    table: 'held_events' | 'held_files' | 'held_names',
    hold: string,
    isStopped: () => boolean,
  ): Promise<number> {
    let deleted = 0;
    while (!isStopped()) {
      const { rowCount } = await this.#deps.pool.query({
        name: `legal-holds-purge-${table}`,
        text: `delete from ${table} where ctid = any(array(
                 select ctid from ${table} where hold_id = $1 limit $2 for update skip locked))`,
        values: [hold, BATCH],
      });
      deleted += rowCount ?? 0;
      if ((rowCount ?? 0) < BATCH) break;
    }
    return deleted;
  }

  /** Marks a hold as purged once nothing is left, with an entry in the audit log. */
  async #finish(id: string, versions: number): Promise<void> {
    const { pool, audit, clock } = this.#deps;
    const note = await withTransaction(pool, async (client) => {
      const { rowCount } = await client.query({
        name: 'legal-holds-purged',
        text: `update legal_holds set purged_at = $2
               where id = $1 and purged_at is null
                 and not exists (select from held_events where hold_id = $1)
                 and not exists (select from held_files where hold_id = $1)
                 and not exists (select from held_names where hold_id = $1)`,
        values: [id, new Date(clock.now())],
      });
      // Another node has finished it, or is still deleting.
      if (rowCount === 0) return null;
      const finished = audit.note({
        event: 'legal_hold_purged',
        account: null,
        actor: null,
        address: null,
        details: { hold: id, versions },
      });
      await finished.store(client);
      return finished;
    });
    note?.log();
  }
}
