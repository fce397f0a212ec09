import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { mayRemoveContents } from '../storage/backup-lock.ts';
import { withTransaction } from '../storage/transaction.ts';
import { isContentKnown } from './contents.ts';
import type { Digest, FileStore } from './file-store.ts';
import { lockDigest } from './locks.ts';
import type { Uploads } from './uploads.ts';

const HOUR = 60 * 60 * 1000;
/** Interval of the sweep, which reads every folder of the store. */
const POLL_MS = 24 * HOUR;
/** Delay of a retry after an error. */
const RETRY_MS = 60_000;
/** Files written more recently than this are skipped, ms. */
const AGE_MS = 24 * HOUR;
/** File contents looked up in one statement. */
const BATCH = 500;

interface OrphanSweeperDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Removes upload folders, staged file contents and file contents that no row refers to, left behind by killed
 * processes or failing disks. Runs on every node at the start and once a day.
 *
 * 1. File content is removed under the lock that writers of it also take, and only if no file uses it.
 * 2. No content is removed while a backup is being made.
 */
export class OrphanSweeper {
  readonly #deps: OrphanSweeperDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: OrphanSweeperDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.sweep(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => deps.log.warn({ err: error }, 'orphan cleanup failed, will be retried'),
    });
  }

  /** Sweeps until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Removes all orphans that are old enough. */
  async sweep(isStopped: () => boolean = () => false): Promise<void> {
    const { store, uploads, clock, log } = this.#deps;
    const before = new Date(clock.now() - AGE_MS);
    const folders = await uploads.sweep(before, isStopped);
    await store.sweepStaged(before);
    let contents = 0;
    let batch: Digest[] = [];
    for await (const { digest } of store.list()) {
      if (isStopped()) return;
      batch.push(digest);
      if (batch.length < BATCH) continue;
      contents += await this.#sweepContents(batch, before);
      batch = [];
    }
    contents += await this.#sweepContents(batch, before);
    if (folders + contents > 0) log.info({ uploads: folders, contents }, 'orphans removed');
  }

  async #sweepContents(digests: readonly Digest[], before: Date): Promise<number> {
    const { rows } = await this.#deps.pool.query<{ digest: Digest }>(
      `select d as digest from unnest($1::text[]) as d
       where not exists (select from files where digest = decode(d, 'hex'))
         and not exists (select from files where preview_digest = decode(d, 'hex'))
         and not exists (select from images where digest = decode(d, 'hex'))
         and not exists (select from images where small_digest = decode(d, 'hex'))`,
      [digests],
    );
    let removed = 0;
    for (const { digest } of rows) if (await this.#remove(digest, before)) removed++;
    return removed;
  }

  async #remove(digest: Digest, before: Date): Promise<boolean> {
    const { pool, store, log } = this.#deps;
    const writtenAt = await store.writtenAt(digest);
    if (!writtenAt || writtenAt >= before) return false;
    return await withTransaction(pool, async (client) => {
      if (!(await mayRemoveContents(client))) return false;
      await lockDigest(client, digest);
      if (await isContentKnown(client, digest)) return false;
      try {
        await store.remove(digest);
        return true;
      } catch (error) {
        // One that cannot be removed does not block the others.
        log.warn({ err: error, digest }, 'orphan not removed');
        return false;
      }
    });
  }
}
