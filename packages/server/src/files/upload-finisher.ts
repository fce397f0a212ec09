import type { AccountId, FileId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/transaction.ts';
import { type DiskSpace, whenFull } from './disk-space.ts';
import type { Digest, FileStore, StagedContent } from './file-store.ts';
import { type ImageProperties, makePreview, mayHavePreview } from './images.ts';
import { lockDigest } from './locks.ts';
import { mediaTypeOf } from './media-type.ts';
import { isMissing } from './missing.ts';
import type { UploadParts } from './upload-parts.ts';

interface UploadFinisherDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly parts: UploadParts;
  readonly space: DiskSpace;
  /** Called when a file was stored. */
  readonly onStored?: () => void;
}

/** An upload of which all bytes were received. */
export interface CompleteUpload {
  readonly name: string;
  readonly bytes: number;
  readonly parts: readonly string[];
}

/** File content in a local file. */
interface Content {
  readonly path: string;
  readonly digest: Digest;
}

/** A preview in a local file. */
interface Preview extends Content {
  readonly properties: ImageProperties;
  readonly bytes: number;
}

/** The content and preview of a new file. */
interface Made {
  readonly upload: CompleteUpload;
  readonly whole: Content;
  readonly mediaType: string;
  readonly preview: Preview | null;
}

/** The parts of an upload do not contain all of its bytes. */
class IncompleteUpload extends Error {
  override name = 'IncompleteUpload';
}

/**
 * Moves complete uploads into the store and makes them files.
 *
 * 1. A node finishes an upload one request at a time. Nodes that do so at
 *    the same time each make a copy; the first to commit makes the file.
 * 2. A copy is made only if there is space for it, and is removed if it does not become the file.
 */
export class UploadFinisher {
  readonly #deps: UploadFinisherDeps;
  readonly #running = new Map<FileId, Promise<void>>();

  constructor(deps: UploadFinisherDeps) {
    this.#deps = deps;
  }

  /**
   * Makes a complete upload a file. When this returns, the upload no longer exists: it is a file,
   * another request has finished or canceled it, or its parts are lost.
   * @throws {RefusalError} `disk_full`
   */
  async finish(account: AccountId, id: FileId, upload: CompleteUpload): Promise<void> {
    let running = this.#running.get(id);
    if (!running) {
      running = this.#finish(account, id, upload).finally(() => this.#running.delete(id));
      this.#running.set(id, running);
    }
    await running;
  }

  /** Removes the row of an upload whose parts are missing or incomplete: it must be sent again. */
  async forget(id: FileId, error: unknown): Promise<void> {
    const { pool, log } = this.#deps;
    const { rowCount } = await pool.query('delete from uploads where id = $1', [id]);
    // After restoring a backup, or a disk failure. Otherwise another node has finished it.
    if (rowCount !== 0) log.error({ err: error, upload: id }, 'upload parts missing or incomplete');
    await this.discard(id);
  }

  /**
   * Removes the files of an upload without a row. Anything that cannot be removed is swept later.
   */
  async discard(id: FileId): Promise<void> {
    try {
      await this.#deps.parts.remove(id);
    } catch (error) {
      this.#deps.log.warn({ err: error, upload: id }, 'parts of an upload not removed');
    }
  }

  async #finish(account: AccountId, id: FileId, upload: CompleteUpload): Promise<void> {
    const release = await this.#deps.space.reserve(upload.bytes);
    try {
      await this.#move(account, id, upload);
      this.#deps.onStored?.();
      await this.discard(id);
    } catch (error) {
      // Also missing if another node has finished it and removed its parts.
      if (error instanceof IncompleteUpload || isMissing(error))
        return await this.forget(id, error);
      throw whenFull(error);
    } finally {
      release();
    }
  }

  async #move(account: AccountId, id: FileId, upload: CompleteUpload): Promise<void> {
    const { parts } = this.#deps;
    const whole = await parts.assemble(id, upload.parts);
    let preview: Preview | null = null;
    try {
      if ((await parts.sizeOf(whole.path)) !== upload.bytes) {
        throw new IncompleteUpload('The parts of an upload have another size');
      }
      const mediaType = await mediaTypeOf(whole.path);
      if (mayHavePreview(mediaType)) preview = await this.#preview(id, whole.path);
      await this.#store(account, id, { upload, whole, mediaType, preview });
    } catch (error) {
      // Every attempt makes a new copy.
      if (whole.copied) await parts.removeFile(whole.path);
      if (preview) await parts.removeFile(preview.path);
      throw error;
    }
  }

  async #store(account: AccountId, id: FileId, made: Made): Promise<void> {
    const { store } = this.#deps;
    const { whole, preview } = made;
    // If the store is on another disk or machine, this copies, so it must not happen in the
    // transaction.
    const contents = [
      { digest: whole.digest, staged: await store.stage(whole.digest, whole.path) },
    ];
    try {
      if (preview) {
        const staged = await store.stage(preview.digest, preview.path);
        contents.push({ digest: preview.digest, staged });
      }
      await this.#commit(account, id, made, contents);
    } finally {
      for (const { staged } of contents) await staged.discard();
    }
  }

  async #commit(
    account: AccountId,
    id: FileId,
    { upload, whole, mediaType, preview }: Made,
    contents: readonly { readonly digest: Digest; readonly staged: StagedContent }[],
  ): Promise<void> {
    const { pool, clock } = this.#deps;
    await withTransaction(pool, async (client) => {
      // Two nodes may get here with the same upload; the second finds no row.
      const { rowCount } = await client.query('delete from uploads where id = $1', [id]);
      if (rowCount === 0) return;
      for (const digest of contents.map((content) => content.digest).sort()) {
        await lockDigest(client, digest);
      }
      for (const { staged } of contents) await staged.put();
      const { width, height, blurhash } = preview?.properties ?? {};
      await client.query(
        `insert into files (id, digest, bytes, name, media_type, width, height, blurhash,
                            preview_digest, preview_bytes, uploader_id, created_at)
         values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7, $8, decode($9, 'hex'), $10, $11, $12)`,
        [
          id,
          whole.digest,
          upload.bytes,
          upload.name,
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
    });
  }

  async #preview(id: FileId, path: string): Promise<Preview | null> {
    const { parts } = this.#deps;
    const part = `preview-${uuidv7()}`;
    const properties = await makePreview(path, parts.pathOf(id, part));
    if (!properties) return null;
    const { path: made, digest } = await parts.assemble(id, [part]);
    return { properties, path: made, digest, bytes: await parts.sizeOf(made) };
  }
}
