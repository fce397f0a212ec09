import type { AccountId, ImageId } from '@parley/protocol';
import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { mayRemoveContents } from '../storage/backup-lock.ts';
import { withTransaction } from '../storage/transaction.ts';
import { isContentUsed } from './contents.ts';
import type { Digest, FileStore } from './file-store.ts';
import { IS_IMAGE_USED } from './image-queries.ts';
import { lockDigest } from './locks.ts';

/** Interval of the search for images to delete. */
const POLL_MS = 60 * 60 * 1000;
/** Delay of a retry after an error, and while a backup is being made. */
const RETRY_MS = 60_000;
/** Younger images are skipped: the command that will use one may not be committed yet. */
const AGE_MS = 60 * 60 * 1000;
/** Images checked in one statement. */
const BATCH = 500;

interface ImageCollectorDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** An unused image. */
interface UnusedImage {
  readonly id: ImageId;
  readonly digest: Digest;
  readonly small: Digest;
}

/**
 * The unused images of a page; `last` is the last image of the page, or null if no page follows.
 */
interface ImagePage {
  readonly last: ImageId | null;
  readonly unused: readonly UnusedImage[];
}

/**
 * Deletes images that are no longer in use. It runs on every node.
 *
 * 1. An unused old image is never used later, because each is made for one command. This is checked
 *    again in the transaction that deletes it.
 * 2. File content is removed under the lock that writers of it also take, only if nothing else uses
 *    it, and never while a backup is being made.
 */
export class ImageCollector {
  readonly #deps: ImageCollectorDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: ImageCollectorDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.collect(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => deps.log.warn({ err: error }, 'image cleanup failed, will be retried'),
    });
  }

  /** Collects images until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current image. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Deletes all unused images that are old enough. */
  async collect(isStopped: () => boolean = () => false): Promise<void> {
    const { clock, log } = this.#deps;
    const before = new Date(clock.now() - AGE_MS);
    let deleted = 0;
    let after: ImageId | null = null;
    for (;;) {
      const page: ImagePage = await this.#page(after, before);
      for (const image of page.unused) {
        if (isStopped()) return;
        if (await this.#delete(image)) deleted++;
      }
      if (page.last === null) break;
      after = page.last;
    }
    if (deleted > 0) log.info({ images: deleted }, 'unused images deleted');
  }

  /** Deletes the unused images of an erased account, regardless of age. */
  async eraseUnused(account: AccountId): Promise<void> {
    const { rows } = await this.#deps.pool.query<UnusedImage>(
      `select i.id, encode(i.digest, 'hex') as digest, encode(i.small_digest, 'hex') as small
       from images i where i.created_by = $1 and not ${IS_IMAGE_USED}`,
      [account],
    );
    for (const image of rows) await this.#delete(image);
  }

  /** Reads a page of all images, so that the statement has a bound, and returns the unused ones. */
  async #page(after: ImageId | null, before: Date): Promise<ImagePage> {
    const { rows } = await this.#deps.pool.query<{ last: ImageId; unused: UnusedImage | null }>(
      `select i.id as last,
         case when i.created_at < $3 and not ${IS_IMAGE_USED} then json_build_object(
           'id', i.id, 'digest', encode(i.digest, 'hex'), 'small', encode(i.small_digest, 'hex'))
         end as unused
       from images i
       where $1::uuid is null or i.id > $1
       order by i.id limit $2`,
      [after, BATCH, before],
    );
    return {
      last: rows.length < BATCH ? null : (rows.at(-1)?.last ?? null),
      unused: rows.flatMap(({ unused }) => unused ?? []),
    };
  }

  /** Removes the file contents of an image, and its row. False if it is in use, and while a backup is being made. */
  async #delete({ id, digest, small }: UnusedImage): Promise<boolean> {
    const { pool, store } = this.#deps;
    return await withTransaction(pool, async (client) => {
      if (!(await mayRemoveContents(client))) return false;
      const { rowCount } = await client.query(
        `delete from images i where i.id = $1 and not ${IS_IMAGE_USED}`,
        [id],
      );
      if (rowCount === 0) return false;
      for (const each of [...new Set([digest, small])].sort()) {
        await lockDigest(client, each);
        if (!(await isContentUsed(client, each, id))) await store.remove(each);
      }
      return true;
    });
  }
}
