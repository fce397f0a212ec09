import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, opendir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FileId } from '@parley/protocol';
import type { Digest } from './file-store.ts';
import { nullIfMissing } from './missing.ts';
import { syncFile, syncFolders } from './sync.ts';

/** Bytes of a part. Received bytes are recorded after each part, so a crash loses at most one. */
export const PART_BYTES = 8 * 1024 * 1024;
/** Bytes read at a time. */
const CHUNK = 256 * 1024;

/**
 * The received bytes of unfinished uploads, each in its own folder. Every write goes to a new
 * file, a part, which is recorded in the database once it is on disk. So a connection that is still
 * writing, here or on another node, cannot change recorded bytes.
 */
export class UploadParts {
  readonly #dir: string;

  /** `dir` is the folder `uploads` in the data folder. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Creates the folder of an upload. Without it, nothing can be written to the upload. */
  async create(upload: FileId): Promise<void> {
    await mkdir(join(this.#dir, upload), { mode: 0o700 });
    await syncFolders(this.#dir, this.#dir);
  }

  /** Returns the path of a part. */
  pathOf(upload: FileId, part: string): string {
    return join(this.#dir, upload, part);
  }

  /**
   * Writes one part from a source of bytes, until `max` bytes, its end, or its failure, and flushes it
   * to disk. Returns null if there were no bytes.
   * @throws with the code ENOENT if the upload was removed
   */
  async write(
    upload: FileId,
    offset: number,
    source: PartSource,
    max: number,
  ): Promise<{ part: string; bytes: number } | null> {
    const part = `${offset}-${randomBytes(6).toString('hex')}`;
    const path = this.pathOf(upload, part);
    let bytes = 0;
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        for (;;) {
          const piece = bytes < max ? await source.next(max - bytes) : null;
          if (piece === null) break;
          await file.writeFile(piece);
          bytes += piece.length;
        }
        if (bytes > 0) await file.sync();
      } finally {
        await file.close();
      }
      if (bytes > 0) await syncFolders(dirname(path), this.#dir);
    } catch (error) {
      // For example a full disk: nothing of this part is kept.
      await rm(path, { force: true });
      throw error;
    }
    if (bytes === 0) {
      await rm(path, { force: true });
      return null;
    }
    return { part, bytes };
  }

  /**
   * Returns the path of a file with all parts, and its digest. Several parts are copied into a new one,
   * on disk when this returns.
   * @throws with the code ENOENT if a part is missing
   */
  async assemble(
    upload: FileId,
    parts: readonly string[],
  ): Promise<{ path: string; digest: Digest; copied: boolean }> {
    const [first] = parts;
    const hash = createHash('sha256');
    if (first !== undefined && parts.length === 1) {
      const path = this.pathOf(upload, first);
      for await (const piece of createReadStream(path, { highWaterMark: CHUNK }))
        hash.update(piece);
      return { path, digest: hash.digest('hex'), copied: false };
    }
    const path = this.pathOf(upload, `whole-${randomBytes(6).toString('hex')}`);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        for (const part of parts) {
          const source = createReadStream(this.pathOf(upload, part), { highWaterMark: CHUNK });
          for await (const piece of source) {
            hash.update(piece);
            await file.writeFile(piece);
          }
        }
      } finally {
        await file.close();
      }
      await syncFile(path);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return { path, digest: hash.digest('hex'), copied: true };
  }

  /** Returns the bytes of a file. */
  async sizeOf(path: string): Promise<number> {
    return (await stat(path)).size;
  }

  /** Removes a file of an upload, if it exists. */
  async removeFile(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  /** Removes all files of an upload. */
  async remove(upload: FileId): Promise<void> {
    await rm(join(this.#dir, upload), { recursive: true, force: true });
  }

  /** Yields the uploads whose folder has not changed since this time. */
  async *unchangedSince(time: Date): AsyncIterable<FileId> {
    for await (const { name } of await opendir(this.#dir)) {
      if (!FileId.safeParse(name).success) continue;
      const stats = await stat(join(this.#dir, name)).catch(nullIfMissing);
      if (stats && stats.mtime < time) yield name as FileId;
    }
  }
}

/** A source of bytes that can be read piece by piece. */
export interface PartSource {
  /** Returns at most `max` bytes; null at the end, or if the sender has disconnected. */
  next(max: number): Promise<Buffer | null>;
}

/**
 * Returns a source of the body of a request. A disconnect of the sender counts as the end; bytes
 * received so far are kept.
 */
export function partsOf(body: AsyncIterable<unknown>, onAborted: () => void): PartSource {
  const iterator = body[Symbol.asyncIterator]();
  let rest: Buffer | null = null;
  return {
    async next(max) {
      if (rest === null) {
        try {
          const step = await iterator.next();
          rest = step.done ? null : Buffer.from(step.value as Uint8Array);
        } catch {
          onAborted();
          return null;
        }
      }
      if (rest === null) return null;
      const piece: Buffer = rest.subarray(0, max);
      rest = piece.length < rest.length ? rest.subarray(max) : null;
      return piece;
    },
  };
}
