import type { FileId, ImageId } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import type { Digest } from './file-store.ts';

/** Queries which file contents of the store are in use: by files, their previews, and images. */

const ofFile = `(digest = decode($1, 'hex') or preview_digest = decode($1, 'hex'))`;
const ofImage = `(digest = decode($1, 'hex') or small_digest = decode($1, 'hex'))`;

/**
 * Returns whether file content belongs to a file that is not being deleted, or to an image, except for
 * one. The result is reliable while the caller holds the lock of the content.
 */
export async function isContentUsed(
  on: Queryable,
  digest: Digest,
  except: FileId | ImageId | null = null,
): Promise<boolean> {
  const { rows } = await on.query(
    `select from files where ${ofFile} and state <> 'deleting' and id is distinct from $2
     union all
     select from images where ${ofImage} and id is distinct from $2
     limit 1`,
    [digest, except],
  );
  return rows.length > 0;
}

/** Returns whether file content belongs to any file, also one that is being deleted, or to an image. */
export async function isContentKnown(on: Queryable, digest: Digest): Promise<boolean> {
  const { rows } = await on.query(
    `select from files where ${ofFile}
     union all
     select from images where ${ofImage}
     limit 1`,
    [digest],
  );
  return rows.length > 0;
}
