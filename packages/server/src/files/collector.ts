import type { AccountId, FileId } from '@parley/protocol';
import type pg from 'pg';
import { isFileHeld } from '../legal-holds/coverage/coverage.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { mayRemoveContents } from '../storage/backup-lock.ts';
import { withTransaction } from '../storage/transaction.ts';
import { isContentUsed } from './contents.ts';
import type { Digest, FileStore } from './file-store.ts';
import { lockDigest } from './locks.ts';
import { UPLOAD_MS, type Uploads } from './uploads.ts';

/** A file that no message has ever referred to is deleted after this time, ms. */
const UNATTACHED_MS = 24 * 60 * 60 * 1000;
/** Interval of the search for files to delete. */
const POLL_MS = 60_000;
/** Delay of a retry after an error. */
const RETRY_MS = 5_000;
/** Files checked in one transaction. */
const BATCH = 200;
/** After this many failed deletions the run stops: the cause is not a single file. */
const ERRORS_MAX = 20;

interface FileCollectorDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Deletes files that messages no longer refer to, files that no message has referred to within a
 * day of their upload, and uploads that were not finished within a day. It runs on every node.
 *
 * 1. A file is first marked, under the lock that posts also take, so no message refers to a marked
 *    file. Then its content is deleted, and its row last, so a crash leaves nothing behind.
 * 2. Content that several files share is kept until the last of them is deleted.
 * 3. No content is removed while a backup is being made.
 * 4. A file that a legal hold covers is marked as held, and deleted when no hold covers it any
 *    more.
 */
export class FileCollector {
  readonly #deps: FileCollectorDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: FileCollectorDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.collect(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => deps.log.warn({ err: error }, 'file cleanup failed, will be retried'),
    });
  }

  /** Collects files until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Searches for files to delete now. */
  wake(): void {
    this.#worker.wake();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Deletes what is due. */
  async collect(isStopped: () => boolean = () => false): Promise<void> {
    const { uploads, clock, log } = this.#deps;
    const expired = await uploads.removeWhere({ before: new Date(clock.now() - UPLOAD_MS) });
    if (expired > 0) log.info({ uploads: expired }, 'unfinished uploads removed');
    await this.#detachDeleted();
    while (!isStopped() && (await this.#mark()) === BATCH);
    while (!isStopped() && (await this.#markReleased()) === BATCH);
    let deleted = 0;
    const errors: unknown[] = [];
    let after: FileId | null = null;
    for (;;) {
      const marked: MarkedFile[] = await this.#readMarked(after);
      for (const file of marked) {
        if (isStopped()) return;
        try {
          if (!(await this.#delete(file))) return;
          deleted++;
        } catch (error) {
          // One that cannot be removed does not block the others.
          if (errors.push(error) >= ERRORS_MAX) throw error;
        }
      }
      const last = marked.at(-1);
      if (!last || marked.length < BATCH) break;
      after = last.id;
    }
    if (deleted > 0) log.info({ files: deleted }, 'files deleted');
    // The error is logged, and all of them are retried later.
    if (errors.length > 0) throw errors[0];
  }

  /** Removes the unfinished uploads of an account that is erased, and its files in no message. */
  async eraseUnattached(account: AccountId): Promise<void> {
    const { uploads, pool, clock } = this.#deps;
    await uploads.removeWhere({ account });
    await pool.query(
      `update files set detached_at = $2 where uploader_id = $1 and state = 'stored'
         and not exists (select from attachments a where a.file_id = files.id)`,
      [account, new Date(clock.now())],
    );
    this.wake();
  }

  /** Schedules the deletion of files of deleted groups, whose messages no one can read anymore. */
  async #detachDeleted(): Promise<void> {
    const { pool, clock } = this.#deps;
    await pool.query(
      `update files f set detached_at = $1
       from attachments a join conversations c on c.id = a.conversation_id
       where a.file_id = f.id and c.deleted_at is not null
         and f.state = 'stored' and f.detached_at is null
         and not exists (
           select from attachments o join conversations d on d.id = o.conversation_id
           where o.file_id = f.id and d.deleted_at is null)`,
      [new Date(clock.now())],
    );
    await pool.query(
      `update files f set detached_at = $1
       from hidden_messages h join conversations c on c.id = h.conversation_id
       where f.id = any(h.file_ids) and c.deleted_at is not null
         and f.state = 'stored' and f.detached_at is null
         and not exists (
           select from attachments o join conversations d on d.id = o.conversation_id
           where o.file_id = f.id and d.deleted_at is null)`,
      [new Date(clock.now())],
    );
    await pool.query(
      `update files f set detached_at = $1
       from link_previews l join conversations c on c.id = l.conversation_id
       where l.file_id = f.id and c.deleted_at is not null
         and f.state = 'stored' and f.detached_at is null
         and not exists (select from link_cache k where k.file_id = f.id)
         and not exists (
           select from link_previews o join conversations d on d.id = o.conversation_id
           where o.file_id = f.id and d.deleted_at is null)`,
      [new Date(clock.now())],
    );
  }

  /** Marks files that nothing refers to. Returns how many were checked. */
  async #mark(): Promise<number> {
    const before = new Date(this.#deps.clock.now() - UNATTACHED_MS);
    return await withTransaction(this.#deps.pool, async (client) => {
      const { rows } = await client.query<{ id: FileId }>(
        `select id from files
         where state = 'stored' and (detached_at is not null or (not attached and created_at < $1))
         order by id limit $2
         for update skip locked`,
        [before, BATCH],
      );
      if (rows.length === 0) return 0;
      // A separate statement, so that it sees everything committed until the rows were locked.
      await client.query(
        `update files f set
           detached_at = null,
           state = case when exists (
             select from attachments a join conversations c on c.id = a.conversation_id
             where a.file_id = f.id and c.deleted_at is null
           ) or exists (
             select from link_previews l join conversations c on c.id = l.conversation_id
             where l.file_id = f.id and c.deleted_at is null
           ) or exists (
             select from hidden_messages h join conversations c on c.id = h.conversation_id
             where h.file_ids @> array[f.id] and c.deleted_at is null
           ) or exists (select from link_cache k where k.file_id = f.id)
           then 'stored' when ${isFileHeld('f')} then 'held' else 'deleting' end,
           attached = attached or exists (select from attachments a where a.file_id = f.id)
             or exists (select from link_previews l where l.file_id = f.id)
             or exists (select from link_cache k where k.file_id = f.id)
         where id = any($1::uuid[])`,
        [rows.map((row) => row.id)],
      );
      return rows.length;
    });
  }

  /** Marks files that no legal hold covers anymore. Returns how many. */
  async #markReleased(): Promise<number> {
    const { rowCount } = await this.#deps.pool.query(
      `update files set state = 'deleting' where id in (
         select f.id from files f where f.state = 'held' and not ${isFileHeld('f')}
         order by f.id limit $1 for update skip locked)`,
      [BATCH],
    );
    return rowCount ?? 0;
  }

  async #readMarked(after: FileId | null): Promise<MarkedFile[]> {
    const { rows } = await this.#deps.pool.query<MarkedFile>(
      `select id, encode(digest, 'hex') as digest, encode(preview_digest, 'hex') as preview
       from files where state = 'deleting' and ($2::uuid is null or id > $2)
       order by id limit $1`,
      [BATCH, after],
    );
    return rows;
  }

  /** Removes the content of a marked file, and then its row. False while a backup is being made. */
  async #delete({ id, digest, preview }: MarkedFile): Promise<boolean> {
    const digests = [digest, ...(preview === null ? [] : [preview])].sort();
    return await withTransaction(this.#deps.pool, async (client) => {
      if (!(await mayRemoveContents(client))) return false;
      for (const each of digests) {
        await lockDigest(client, each);
        if (!(await isContentUsed(client, each, id))) await this.#deps.store.remove(each);
      }
      await client.query(`delete from files where id = $1 and state = 'deleting'`, [id]);
      // After the file row, to wait for a transaction that is reading it.
      await client.query('delete from file_texts where file_id = $1', [id]);
      return true;
    });
  }
}

interface MarkedFile {
  readonly id: FileId;
  readonly digest: Digest;
  readonly preview: Digest | null;
}
