import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../config/config.ts';
import type { Digest, FileStore } from '../files/file-store.ts';
import { folderStoreOf, s3StoreOf } from '../files/file-stores.ts';
import type { FolderStore } from '../files/folder-store.ts';
import { syncFile } from '../files/sync.ts';
import type { Logger } from '../runtime/log.ts';
import { UPLOADS_FOLDER } from '../storage/file-folders.ts';
import { reachDatabase } from '../storage/reach.ts';
import { inBytes, inWords, type Progress } from './progress.ts';

/** The result of {@link moveFiles}. */
export interface MovedFiles {
  /** What is in the target. */
  readonly count: number;
  readonly bytes: number;
  /** The file contents that do not match their digests. They are not moved. */
  readonly damaged: readonly Digest[];
}

/**
 * Copies all file contents from the folder to the bucket that is set, or back. Each is compared with its
 * digest. File contents already in the target are not sent again, so an interrupted run can be
 * continued. The source is not changed.
 */
export async function moveFiles(
  config: Config,
  target: 'bucket' | 'folder',
  { log, progress }: { readonly log: Logger; readonly progress: Progress },
): Promise<MovedFiles> {
  const { database, close } = await reachDatabase(config, log);
  try {
    const bucket = await s3StoreOf(config, { pool: database.pool, log });
    if (bucket === null)
      throw new Error('Set FILES_S3_ENDPOINT and the settings that belong to it.');
    await bucket.check();
    const folder = folderStoreOf(config);
    const copy =
      target === 'bucket'
        ? (digest: Digest) => toBucket(folder, bucket, digest)
        : (digest: Digest) => toFolder(config, bucket, folder, digest);
    let [count, bytes] = [0, 0];
    const damaged: Digest[] = [];
    for await (const content of (target === 'bucket' ? folder : bucket).list()) {
      if (!(await copy(content.digest))) {
        damaged.push(content.digest);
        continue;
      }
      count += 1;
      bytes += content.bytes;
      progress.within(() => `${inWords(count, 'file')} so far, ${inBytes(bytes)}`);
    }
    return { count, bytes, damaged };
  } finally {
    await close();
  }
}

/** False if the content is damaged. */
async function toBucket(folder: FolderStore, bucket: FileStore, digest: Digest): Promise<boolean> {
  const path = folder.pathOf(digest);
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  if (hash.digest('hex') !== digest) return false;
  await bucket.put(digest, path);
  return true;
}

/** False if the content is damaged. */
async function toFolder(
  config: Config,
  bucket: FileStore,
  folder: FolderStore,
  digest: Digest,
): Promise<boolean> {
  if ((await folder.writtenAt(digest)) !== null) return true;
  const content = await bucket.read(digest);
  if (content === null) return true;
  const uploads = join(config.dataDir, UPLOADS_FOLDER);
  await mkdir(uploads, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(join(uploads, 'moving-'));
  try {
    const path = join(temporary, 'content');
    const hash = createHash('sha256');
    await pipeline(
      content,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece);
          yield piece;
        }
      },
      createWriteStream(path, { mode: 0o600 }),
    );
    if (hash.digest('hex') !== digest) return false;
    await syncFile(path);
    await folder.put(digest, path);
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
