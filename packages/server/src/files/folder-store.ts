import { randomBytes } from 'node:crypto';
import {
  constants,
  copyFile,
  link,
  mkdir,
  open,
  opendir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  type ByteRange,
  type Digest,
  type FileStore,
  isDigest,
  pathOfDigest,
  type StagedContent,
  type StoredContent,
} from './file-store.ts';
import { nullIfMissing } from './missing.ts';
import { syncFile, syncFolders } from './sync.ts';

/** The folder of staged file contents. */
const STAGING = 'staging';

/** A {@link FileStore} in a folder: `ab/cd/abcd…`. */
export class FolderStore implements FileStore {
  readonly remote = null;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async stage(digest: Digest, path: string): Promise<StagedContent> {
    return await this.#stage(digest, async (staged) => {
      // A hard link takes no space, but not all file systems support them, and none across disks.
      await link(path, staged).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') throw error;
        await copyFile(path, staged, constants.COPYFILE_EXCL);
        await syncFile(staged);
      });
    });
  }

  async stageBytes(digest: Digest, content: Uint8Array): Promise<StagedContent> {
    return await this.#stage(digest, async (staged) => {
      await writeFile(staged, content, { mode: 0o600, flag: 'wx' });
      await syncFile(staged);
    });
  }

  async #stage(digest: Digest, write: (path: string) => Promise<void>): Promise<StagedContent> {
    const folder = join(this.#dir, STAGING);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const staged = join(folder, randomBytes(16).toString('hex'));
    try {
      await write(staged);
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    }
    return {
      put: () => this.#move(staged, digest),
      discard: () => rm(staged, { force: true }),
    };
  }

  async put(digest: Digest, path: string): Promise<void> {
    const staged = await this.stage(digest, path);
    try {
      await staged.put();
    } finally {
      await staged.discard();
    }
  }

  async #move(staged: string, digest: Digest): Promise<void> {
    const target = this.pathOf(digest);
    const folder = dirname(target);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Replaces the same content, if it exists.
    await rename(staged, target);
    await syncFolders(folder, this.#dir);
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable | null> {
    const file = await open(this.pathOf(digest)).catch(nullIfMissing);
    // The stream closes the file, also when it is destroyed.
    return file?.createReadStream(range && { start: range.start, end: range.end }) ?? null;
  }

  async remove(digest: Digest): Promise<void> {
    const path = this.pathOf(digest);
    await rm(path, { force: true });
    await syncFolders(dirname(path), dirname(path)).catch(nullIfMissing);
  }

  async writtenAt(digest: Digest): Promise<Date | null> {
    return (await stat(this.pathOf(digest)).catch(nullIfMissing))?.mtime ?? null;
  }

  async sweepStaged(before: Date): Promise<void> {
    const folder = join(this.#dir, STAGING);
    for await (const name of entries(folder)) {
      // A hard link has the modification time of its part; only `ctime` changes with links.
      const stats = await stat(join(folder, name)).catch(nullIfMissing);
      if (stats && stats.ctime < before) await rm(join(folder, name), { force: true });
    }
  }

  async *list(): AsyncIterable<StoredContent> {
    for await (const first of entries(this.#dir)) {
      if (first === STAGING) continue;
      for await (const second of entries(join(this.#dir, first))) {
        const folder = join(this.#dir, first, second);
        for await (const name of entries(folder)) {
          if (!isDigest(name)) continue;
          const stats = await stat(join(folder, name)).catch(nullIfMissing);
          if (stats) yield { digest: name, bytes: stats.size };
        }
      }
    }
  }

  /**
   * Returns the path of file content.
   * @throws if the digest is not one
   */
  pathOf(digest: Digest): string {
    return join(this.#dir, pathOfDigest(digest));
  }
}

/** Yields the names in a folder; none if it does not exist. */
async function* entries(folder: string): AsyncIterable<string> {
  const dir = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return null;
    return nullIfMissing(error);
  });
  if (dir) for await (const { name } of dir) yield name;
}
