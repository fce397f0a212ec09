import { statfs } from 'node:fs/promises';
import { refusal } from '@parley/protocol';
import { RefusalError } from '../http/errors.ts';
import { isFull } from '../storage/start-errors.ts';

/** Free space that uploads leave to the database and other programs. */
export const FREE_MIN = 256 * 1024 * 1024;

/** Prevents uploads from filling the disk. */
export class DiskSpace {
  readonly #free: () => Promise<number>;
  /** Bytes that are being written. Part of them may be on disk already. */
  #reserved = 0;

  /** `free` returns the free bytes of the disk. */
  constructor(free: () => Promise<number>) {
    this.#free = free;
  }

  /**
   * Reserves space for bytes about to be written, in addition to `others`, until the returned
   * function is called.
   * @throws {RefusalError} `disk_full`
   */
  async reserve(bytes: number, others = 0): Promise<() => void> {
    const free = await this.#free();
    if (free - this.#reserved - others - bytes < FREE_MIN) throw diskFull();
    this.#reserved += bytes;
    return () => {
      this.#reserved -= bytes;
    };
  }
}

/** Returns the free bytes of the fullest disk among those of the folders. */
export async function freeBytes(...folders: readonly string[]): Promise<number> {
  const all = await Promise.all(
    folders.map(async (folder) => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    }),
  );
  return Math.min(...all);
}

/** Converts the error of a full disk to a refusal; returns any other error unchanged. */
export const whenFull = (error: unknown): unknown => (isFull(error) ? diskFull() : error);

const diskFull = () => new RefusalError(refusal('disk_full', undefined, { retryAfter: 60 }));
