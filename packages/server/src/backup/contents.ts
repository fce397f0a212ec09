import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Config } from '../config/config.ts';
import { type FileStore, pathOfDigest, type StoredContent } from '../files/file-store.ts';
import { folderStoreOf, s3StoreOf } from '../files/file-stores.ts';
import type { Logger } from '../runtime/log.ts';
import { FILES_FOLDER } from '../storage/file-folders.ts';
import type { OpenFile } from './files.ts';
import type { Manifest } from './manifest.ts';
import { inBytes, inWords, type Progress } from './progress.ts';

/**
 * The contents of files in backups of a server that keeps them in a bucket. In the archive they
 * have the paths of the data folder, so a backup can be restored to either.
 */

/** Returns the path in the data folder, and in archives, of file content. */
export const pathOfContent = (digest: string): string => `${FILES_FOLDER}/${pathOfDigest(digest)}`;

/** Opens file content for an archive; undefined if it was removed meanwhile. */
export async function openContent(
  store: FileStore,
  { digest, bytes: size }: StoredContent,
): Promise<OpenFile | undefined> {
  const content = await store.read(digest);
  if (content === null) return undefined;
  return {
    size,
    async *read() {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const piece of content as AsyncIterable<Buffer>) {
        hash.update(piece);
        bytes += piece.length;
        yield piece;
      }
      const sha256 = hash.digest('hex');
      if (bytes !== size) throw new Error(`The content ${digest} changed while it was read`);
      return { bytes, sha256 };
    },
  };
}

/**
 * Sends the restored file contents to the bucket, if one is set, and removes them from the folder of the restore. A
 * content that is in the bucket already is not sent again, so an interrupted restore continues.
 */
export async function placeContents(
  client: pg.ClientBase,
  config: Config,
  {
    ready,
    manifest,
    log,
    progress,
  }: { ready: string; manifest: Manifest; log: Logger; progress: Progress },
): Promise<void> {
  const bucket = await s3StoreOf(config, { pool: client, log });
  if (bucket === null) return;
  const folder = folderStoreOf({ dataDir: ready });
  let [count, bytes] = [0, 0];
  for await (const content of folder.list()) {
    if (manifest.files[pathOfContent(content.digest)]?.sha256 !== content.digest) {
      progress.step(`left out: ${content.digest} was damaged when the backup was made`);
      continue;
    }
    await bucket.put(content.digest, folder.pathOf(content.digest));
    count += 1;
    bytes += content.bytes;
    progress.within(() => `${inWords(count, 'file')} sent to the bucket, ${inBytes(bytes)}`);
  }
  rmSync(join(ready, FILES_FOLDER), { recursive: true, force: true });
  progress.step(`${inWords(count, 'file')} in the bucket, ${inBytes(bytes)}`);
}
