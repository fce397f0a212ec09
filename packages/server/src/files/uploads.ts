import type { AccountId, FileId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { RefusalError, refuse } from '../http/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/transaction.ts';
import { DiskSpace, whenFull } from './disk-space.ts';
import { cleanFileName } from './file-name.ts';
import type { FileStore } from './file-store.ts';
import { lockUploads } from './locks.ts';
import { isMissing } from './missing.ts';
import { type FileQuotas, refusalOfQuota } from './quotas.ts';
import { UploadFinisher } from './upload-finisher.ts';
import { PART_BYTES, type PartSource, UploadParts } from './upload-parts.ts';
import { UploadStarts } from './upload-starts.ts';
import { UploadWriters } from './upload-writers.ts';

/** An unfinished upload is removed after this time, ms. */
export const UPLOAD_MS = 24 * 60 * 60 * 1000;
/** Maximum parts of one upload: tiny pieces would bloat the row. */
const PARTS_MAX = 2_000;
const MORE_BYTES = 'More bytes than the upload has';

interface UploadsDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly quotas: FileQuotas;
  /** The folder `uploads` in the data folder. */
  readonly dir: string;
  /** Returns the free bytes of the disk. */
  readonly freeBytes: () => Promise<number>;
  /** Called when a file was stored. */
  readonly onStored?: () => void;
}

/** The state of an upload. It is finished when `received` equals `bytes`. */
export interface UploadState {
  readonly id: FileId;
  readonly name: string;
  readonly bytes: number;
  readonly received: number;
  readonly expiresAt: Date;
}

interface UploadRow {
  name: string;
  bytes: number;
  received: number;
  parts: string[];
  created_at: Date;
}

/**
 * Receives files in pieces.
 *
 * 1. Bytes confirmed by an answer are on disk, and available after a restart on every node that
 *    shares the data folder.
 * 2. The file exists, and messages can refer to it, only when all of it is stored on disk.
 * 3. An upload has one writer at a time: a later one ends the previous one.
 */
export class Uploads {
  readonly #deps: UploadsDeps;
  readonly #parts: UploadParts;
  readonly #starts = new UploadStarts();
  readonly #writers = new UploadWriters();
  readonly #space: DiskSpace;
  readonly #finisher: UploadFinisher;

  constructor(deps: UploadsDeps) {
    this.#deps = deps;
    this.#parts = new UploadParts(deps.dir);
    this.#space = new DiskSpace(deps.freeBytes);
    this.#finisher = new UploadFinisher({ ...deps, parts: this.#parts, space: this.#space });
  }

  /** The maximum size of a file, in bytes; 0: no limit. */
  get maxBytes(): number {
    return this.#deps.quotas.file;
  }

  /**
   * Starts an upload.
   * @throws {RefusalError} if a quota, the number of unfinished uploads, or the disk is full
   */
  async create(account: AccountId, file: { name: string; bytes: number }): Promise<UploadState> {
    const { pool, clock, quotas } = this.#deps;
    const id = uuidv7() as FileId;
    const name = cleanFileName(file.name);
    const now = new Date(clock.now());
    const lock = quotas.server > 0 ? null : account;
    let release = (): void => undefined;
    const refused = await this.#starts
      .run(lock ?? '', () =>
        withTransaction(pool, async (client) => {
          await lockUploads(client, lock);
          const over = await refusalOfQuota(client, quotas, account, file.bytes);
          if (over) return over;
          // Its parts and the complete file briefly exist at the same time.
          release = await this.#space.reserve(2 * file.bytes, await outstandingBytes(client));
          await client.query(
            'insert into uploads (id, account_id, name, bytes, created_at) values ($1, $2, $3, $4, $5)',
            [id, account, name, file.bytes, now],
          );
          return null;
        }),
      )
      // From here on, it is visible in the database.
      .finally(() => release());
    if (refused) throw new RefusalError(refused);
    try {
      await this.#parts.create(id);
    } catch (error) {
      await pool.query('delete from uploads where id = $1', [id]);
      throw whenFull(error);
    }
    const upload = { name, bytes: file.bytes, parts: [] };
    if (file.bytes === 0) await this.#finisher.finish(account, id, upload);
    return { id, name, bytes: file.bytes, received: 0, expiresAt: expiryOf(now) };
  }

  /**
   * Returns the state of an upload after ending its writer. Finishes an upload whose last bytes
   * were received before a crash.
   * @throws {RefusalError} `upload_not_found`, `disk_full`
   */
  async state(account: AccountId, id: FileId): Promise<UploadState> {
    // Only its owner may end the writer.
    if (!(await this.#read(account, id))) return await this.#stateOfFile(account, id);
    await this.#writers.end(id);
    const row = await this.#read(account, id);
    if (row && row.received < row.bytes) return stateOf(id, row);
    if (row) await this.#finisher.finish(account, id, row);
    return await this.#stateOfFile(account, id);
  }

  /**
   * Receives bytes at an offset until the source ends or the upload is complete, and returns the
   * new state.
   * @throws {RefusalError} `upload_not_found`, `upload_conflict` for another offset, `disk_full`
   */
  async append(
    account: AccountId,
    id: FileId,
    offset: number,
    body: { readonly source: PartSource; readonly stop: () => void },
  ): Promise<UploadState> {
    // Only its owner may end the writer.
    if (!(await this.#read(account, id))) return await this.#finishedAt(account, id, offset);
    const ended = await this.#writers.take(id, body.stop);
    try {
      return await this.#receive(account, id, offset, body.source);
    } catch (error) {
      throw whenFull(error);
    } finally {
      ended();
    }
  }

  /** Ends an unfinished upload and removes what was received. */
  async cancel(account: AccountId, id: FileId): Promise<void> {
    const { rowCount } = await this.#deps.pool.query(
      'delete from uploads where id = $1 and account_id = $2',
      [id, account],
    );
    if (rowCount === 0) refuse('upload_not_found');
    // From now on no writer can record anything.
    await this.#writers.end(id);
    await this.#finisher.discard(id);
  }

  /** Removes unfinished uploads that have expired or belong to an erased account. */
  async removeWhere(
    of: { readonly before: Date } | { readonly account: AccountId },
  ): Promise<number> {
    const { rows } = await ('before' in of
      ? this.#deps.pool.query<{ id: FileId }>(
          'delete from uploads where created_at < $1 returning id',
          [of.before],
        )
      : this.#deps.pool.query<{ id: FileId }>(
          'delete from uploads where account_id = $1 returning id',
          [of.account],
        ));
    for (const { id } of rows) {
      await this.#writers.end(id);
      await this.#finisher.discard(id);
    }
    return rows.length;
  }

  /** Removes upload files left by killed processes, unless they changed recently. */
  async sweep(before: Date, isStopped: () => boolean): Promise<number> {
    let swept = 0;
    for await (const id of this.#parts.unchangedSince(before)) {
      const { rowCount } = await this.#deps.pool.query('select from uploads where id = $1', [id]);
      if (isStopped()) break;
      if (rowCount !== 0) continue;
      await this.#finisher.discard(id);
      swept++;
    }
    return swept;
  }

  async #read(account: AccountId, id: FileId): Promise<UploadRow | undefined> {
    const { rows } = await this.#deps.pool.query<UploadRow>({
      name: 'uploads-read',
      text: `select name, bytes, received, parts, created_at from uploads
             where id = $1 and account_id = $2`,
      values: [id, account],
    });
    return rows[0];
  }

  /** The state of an upload that has become a file. */
  async #stateOfFile(account: AccountId, id: FileId): Promise<UploadState> {
    const { rows } = await this.#deps.pool.query<Omit<UploadRow, 'parts' | 'received'>>({
      name: 'uploads-finished',
      text: `select name, bytes, created_at from files
             where id = $1 and uploader_id = $2 and state = 'stored'`,
      values: [id, account],
    });
    const [row] = rows;
    if (!row) refuse('upload_not_found');
    return stateOf(id, { ...row, received: row.bytes });
  }

  /** The state of an upload that has become a file, for a request with bytes from an offset. */
  async #finishedAt(account: AccountId, id: FileId, offset: number): Promise<UploadState> {
    const state = await this.#stateOfFile(account, id);
    if (offset !== state.bytes) refuse('upload_conflict');
    return state;
  }

  async #receive(
    account: AccountId,
    id: FileId,
    offset: number,
    source: PartSource,
  ): Promise<UploadState> {
    const row = await this.#read(account, id);
    if (!row) return await this.#finishedAt(account, id, offset);
    if (row.received !== offset) refuse('upload_conflict');
    const parts = [...row.parts];
    let { received } = row;
    while (received < row.bytes) {
      if (parts.length >= PARTS_MAX) {
        refuse('upload_conflict', 'This upload came in too many pieces');
      }
      const written = await this.#write(id, received, source, row.bytes);
      if (!written) return stateOf(id, { ...row, received });
      received += written.bytes;
      parts.push(written.part);
    }
    if ((await source.next(1)) !== null) refuse('too_large', MORE_BYTES);
    await this.#finisher.finish(account, id, { ...row, parts });
    return await this.#stateOfFile(account, id);
  }

  /** Writes one part, and records it once it is on disk. Returns null if there were no bytes. */
  async #write(id: FileId, received: number, source: PartSource, bytes: number) {
    const max = Math.min(PART_BYTES, bytes - received);
    const release = await this.#space.reserve(max);
    try {
      const written = await this.#parts.write(id, received, source, max);
      if (!written) return null;
      // A complete upload becomes a file, so check this before it is complete.
      const surplus = received + written.bytes === bytes && (await source.next(1)) !== null;
      // Another node may have received the same bytes, or the upload was canceled.
      if (!surplus && (await this.#record(id, received, written))) return written;
      await this.#parts.removeFile(this.#parts.pathOf(id, written.part));
      return surplus ? refuse('too_large', MORE_BYTES) : refuse('upload_conflict');
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#finisher.forget(id, error);
      refuse('upload_not_found');
    } finally {
      release();
    }
  }

  async #record(
    id: FileId,
    received: number,
    written: { readonly part: string; readonly bytes: number },
  ): Promise<boolean> {
    const { rowCount } = await this.#deps.pool.query({
      name: 'uploads-record',
      text: `update uploads set received = received + $3, parts = parts || $4::text
             where id = $1 and received = $2`,
      values: [id, received, written.bytes, written.part],
    });
    return rowCount === 1;
  }
}

/** Returns the bytes that unfinished uploads have yet to write. */
async function outstandingBytes(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    'select coalesce(sum(bytes - received), 0)::int8 as bytes from uploads',
  );
  return rows[0]?.bytes ?? 0;
}

const expiryOf = (createdAt: Date): Date => new Date(createdAt.getTime() + UPLOAD_MS);

function stateOf(
  id: FileId,
  { name, bytes, received, created_at }: Omit<UploadRow, 'parts'>,
): UploadState {
  return { id, name, bytes, received, expiresAt: expiryOf(created_at) };
}
