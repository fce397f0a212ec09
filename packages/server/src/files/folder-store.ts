import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ByteRange, Digest, FileStore, StoredContent } from './file-store.ts';
import { isMissing } from './missing.ts';
import { syncFile, syncFolders } from './sync.ts';

const DIGEST = /^[0-9a-f]{64}$/;
/** Digits of the names of the two levels of folders: 65,536 of them keep each small. */
const LEVEL = 2;

/** A {@link FileStore} in a folder: `ab/cd/abcd…`. */
export class FolderStore implements FileStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async put(digest: Digest, path: string): Promise<void> {
    const target = this.pathOf(digest);
    const folder = dirname(target);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // A link costs no space. Where the file system has none, a copy is put in its place.
    await link(path, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      if (error.code === 'ENOENT') throw error;
      await copyInto(path, target);
    });
    await syncFolders(folder, this.#dir);
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable | null> {
    const file = await open(this.pathOf(digest)).catch(missing);
    // The stream closes the file, also when it is destroyed.
    return file?.createReadStream(range && { start: range.start, end: range.end }) ?? null;
  }

  async remove(digest: Digest): Promise<void> {
    await rm(this.pathOf(digest), { force: true });
  }

  async *list(): AsyncIterable<StoredContent> {
    for await (const first of entries(this.#dir)) {
      for await (const second of entries(join(this.#dir, first))) {
        const folder = join(this.#dir, first, second);
        for await (const name of entries(folder)) {
          if (!DIGEST.test(name)) continue;
          const found = await stat(join(folder, name)).catch(missing);
          if (found) yield { digest: name, bytes: found.size };
        }
      }
    }
  }

  /**
   * Returns the path of a content.
   * @throws if the digest is not one
   */
  pathOf(digest: Digest): string {
    if (!DIGEST.test(digest)) throw new Error('Not a digest');
    const [first, second] = [digest.slice(0, LEVEL), digest.slice(LEVEL, 2 * LEVEL)];
    return join(this.#dir, first, second, digest);
  }
}

/** Yields the names in a folder; none if it is not there. */
async function* entries(folder: string): AsyncIterable<string> {
  const dir = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return null;
    return missing(error);
  });
  if (dir) for await (const { name } of dir) yield name;
}

async function copyInto(path: string, target: string): Promise<void> {
  const draft = `${target}.${randomBytes(8).toString('hex')}`;
  try {
    await copyFile(path, draft);
    await syncFile(draft);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function missing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
