import { mkdir } from 'node:fs/promises';
import { type AccountId, type Attachment, type FileId, refusal } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.ts';
import { RefusalError, refuse } from '../http/errors.ts';
import type { Logger } from '../log.ts';
import { isFull } from '../storage/start-errors.ts';
import { withTransaction } from '../storage/transaction.ts';
import { cleanFileName } from './file-name.ts';
import type { FileStore } from './file-store.ts';
import { makePreview, mayHavePreview } from './images.ts';
import { lockDigest, lockUploads } from './locks.ts';
import { mediaTypeOf } from './media-type.ts';
import { isMissing } from './missing.ts';
import { type FileQuotas, refusalOfQuota, refusalOfSpace } from './quotas.ts';
import { PART_BYTES, type PartSource, UploadParts } from './upload-parts.ts';
import { UploadStarts } from './upload-starts.ts';

/** An unfinished upload is removed after this time, ms. */
export const UPLOAD_MS = 24 * 60 * 60 * 1000;
/** Parts of one upload: a sender of tiny pieces would fill the row. */
const PARTS_MAX = 2_000;
/** Uploads of one node that are received at the same time. */
const WRITERS_MAX = 200;

/** What {@link Uploads} is constructed with. */
export interface UploadsDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly quotas: FileQuotas;
  /** The folder `uploads` in the data folder. */
  readonly dir: string;
}

/** How far an upload is. It is finished when `received` equals `bytes`. */
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
 * 1. What an answer says was received is on disk, and is found after a restart, on every node that
 *    shares the data folder.
 * 2. The file exists, for messages to refer to, only when all of it is in the store, on disk.
 * 3. An upload has one writer at a time: a later one ends the one before.
 */
export class Uploads {
  readonly #deps: UploadsDeps;
  readonly #parts: UploadParts;
  readonly #starts = new UploadStarts();
  /** What ends the writer of an upload, and when it has ended. */
  readonly #writers = new Map<
    FileId,
    { readonly stop: () => void; readonly ended: Promise<void> }
  >();

  constructor(deps: UploadsDeps) {
    this.#deps = deps;
    this.#parts = new UploadParts(deps.dir);
  }

  /** The largest file that is accepted; 0: any. */
  get maxBytes(): number {
    return this.#deps.quotas.file;
  }

  /**
   * Starts an upload.
   * @throws {RefusalError} if a quota, the number of unfinished uploads, or the disk is full
   */
  async create(account: AccountId, file: { name: string; bytes: number }): Promise<UploadState> {
    const { pool, clock, quotas, dir } = this.#deps;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const full = await refusalOfSpace(dir, file.bytes);
    if (full) throw new RefusalError(full);
    const id = uuidv7() as FileId;
    const name = cleanFileName(file.name);
    const now = new Date(clock.now());
    const lock = quotas.server > 0 ? null : account;
    const refused = await this.#starts.run(lock ?? '', () =>
      withTransaction(pool, async (client) => {
        await lockUploads(client, lock);
        const over = await refusalOfQuota(client, quotas, account, file.bytes);
        if (over) return over;
        await client.query(
          'insert into uploads (id, account_id, name, bytes, created_at) values ($1, $2, $3, $4, $5)',
          [id, account, name, file.bytes, now],
        );
        return null;
      }),
    );
    if (refused) throw new RefusalError(refused);
    if (file.bytes === 0) await this.#finish(account, id);
    return { id, name, bytes: file.bytes, received: 0, expiresAt: expiryOf(now) };
  }

  /**
   * Returns how far an upload is, after ending its writer. An upload whose last bytes were received
   * before a crash is finished now.
   * @throws {RefusalError} `upload_not_found`
   */
  async state(account: AccountId, id: FileId): Promise<UploadState> {
    await this.#endWriter(id);
    const row = await this.#read(account, id);
    if (!row) return await this.#finished(account, id);
    if (row.received === row.bytes) await this.#finish(account, id);
    return stateOf(id, row);
  }

  /**
   * Receives bytes at an offset, until the source ends or the upload is complete, and returns how far
   * the upload is then.
   * @throws {RefusalError} `upload_not_found`, `upload_conflict` for another offset, `disk_full`
   */
  async append(
    account: AccountId,
    id: FileId,
    offset: number,
    body: { readonly source: PartSource; readonly stop: () => void },
  ): Promise<UploadState> {
    await this.#endWriter(id);
    if (this.#writers.size >= WRITERS_MAX) refuse('overloaded', undefined, { retryAfter: 5 });
    const work = this.#receive(account, id, offset, body.source);
    const writer = { stop: body.stop, ended: work.then(ignore, ignore) };
    this.#writers.set(id, writer);
    try {
      return await work;
    } catch (error) {
      if (isFull(error))
        throw new RefusalError(refusal('disk_full', undefined, { retryAfter: 60 }));
      throw error;
    } finally {
      if (this.#writers.get(id) === writer) this.#writers.delete(id);
    }
  }

  /** Ends an unfinished upload and removes what was received. */
  async cancel(account: AccountId, id: FileId): Promise<void> {
    await this.#endWriter(id);
    const { rowCount } = await this.#deps.pool.query(
      'delete from uploads where id = $1 and account_id = $2',
      [id, account],
    );
    if (rowCount === 0) refuse('upload_not_found');
    await this.#parts.remove(id);
  }

  /** Removes unfinished uploads that have expired, or belong to an account that is erased. */
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
      await this.#endWriter(id);
      await this.#parts.remove(id);
    }
    return rows.length;
  }

  async #endWriter(id: FileId): Promise<void> {
    const writer = this.#writers.get(id);
    if (!writer) return;
    writer.stop();
    await writer.ended;
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
  async #finished(account: AccountId, id: FileId): Promise<UploadState> {
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

  async #receive(
    account: AccountId,
    id: FileId,
    offset: number,
    source: PartSource,
  ): Promise<UploadState> {
    const row = (await this.#read(account, id)) ?? refuse('upload_not_found');
    if (row.received !== offset) refuse('upload_conflict');
    let { received } = row;
    for (let count = row.parts.length; received < row.bytes; count++) {
      if (count >= PARTS_MAX) refuse('upload_conflict', 'This upload came in too many pieces');
      const max = Math.min(PART_BYTES, row.bytes - received);
      const written = await this.#parts.write(id, received, source, max);
      if (!written) break;
      await this.#record(id, received, written);
      received += written.bytes;
    }
    if (received < row.bytes) return stateOf(id, { ...row, received });
    if ((await source.next(1)) !== null) refuse('too_large', 'More bytes than the upload has');
    await this.#finish(account, id);
    return stateOf(id, { ...row, received });
  }

  async #record(id: FileId, received: number, written: { part: string; bytes: number }) {
    const { rowCount } = await this.#deps.pool.query({
      name: 'uploads-record',
      text: `update uploads set received = received + $3, parts = parts || $4::text
             where id = $1 and received = $2`,
      values: [id, received, written.bytes, written.part],
    });
    // Another node has received the same bytes, or the upload was cancelled.
    if (rowCount === 0) refuse('upload_conflict');
  }

  /** Moves a complete upload into the store, and makes it a file. */
  async #finish(account: AccountId, id: FileId): Promise<void> {
    const { pool, log } = this.#deps;
    const row = await this.#read(account, id);
    // Another request has finished it.
    if (!row) return;
    let moved: Attachment | null;
    try {
      moved = await this.#move(account, id, row);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // After the restore of a backup, or a fault of the disk: it must be sent again.
      log.error({ err: error, upload: id }, 'part of an upload is missing');
      await pool.query('delete from uploads where id = $1', [id]);
      await this.#parts.remove(id);
      refuse('upload_not_found');
    }
    if (moved) await this.#parts.remove(id);
  }

  async #move(account: AccountId, id: FileId, row: UploadRow): Promise<Attachment | null> {
    const { pool, clock } = this.#deps;
    const whole = await this.#parts.assemble(id, row.parts);
    if ((await this.#parts.sizeOf(whole.path)) !== row.bytes) {
      throw Object.assign(new Error('An upload has another size'), { code: 'ENOENT' });
    }
    const mediaType = await mediaTypeOf(whole.path);
    const preview = mayHavePreview(mediaType) ? await this.#preview(id, whole.path) : null;
    return await withTransaction(pool, async (client) => {
      // Two nodes may be here with the same upload: the second finds no row.
      const { rowCount } = await client.query('delete from uploads where id = $1', [id]);
      if (rowCount === 0) return null;
      const digests = [whole.digest, ...(preview ? [preview.digest] : [])].sort();
      for (const digest of digests) await lockDigest(client, digest);
      await this.#deps.store.put(whole.digest, whole.path);
      if (preview) await this.#deps.store.put(preview.digest, preview.path);
      const { width, height, blurhash } = preview?.facts ?? {};
      await client.query(
        `insert into files (id, digest, bytes, name, media_type, width, height, blurhash,
                            preview_digest, preview_bytes, uploader_id, created_at)
         values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7, $8, decode($9, 'hex'), $10, $11, $12)`,
        [
          id,
          whole.digest,
          row.bytes,
          row.name,
          mediaType,
          width ?? null,
          height ?? null,
          blurhash ?? null,
          preview?.digest ?? null,
          preview?.bytes ?? null,
          account,
          new Date(clock.now()),
        ],
      );
      const image = preview ? preview.facts : {};
      return { id, name: row.name, mediaType, bytes: row.bytes, ...image };
    });
  }

  async #preview(id: FileId, path: string) {
    const part = `preview-${uuidv7()}`;
    const facts = await makePreview(path, this.#parts.pathOf(id, part));
    if (!facts) return null;
    const { path: made, digest } = await this.#parts.assemble(id, [part]);
    return { facts, path: made, digest, bytes: await this.#parts.sizeOf(made) };
  }
}

const ignore = (): void => undefined;
const expiryOf = (createdAt: Date): Date => new Date(createdAt.getTime() + UPLOAD_MS);

function stateOf(
  id: FileId,
  { name, bytes, received, created_at }: Omit<UploadRow, 'parts'>,
): UploadState {
  return { id, name, bytes, received, expiresAt: expiryOf(created_at) };
}
