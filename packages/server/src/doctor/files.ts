import { createHash } from 'node:crypto';
import type pg from 'pg';
import { isContentKnown, isContentUsed } from '../files/contents.ts';
import type { Digest, FileStore } from '../files/file-store.ts';
import { IMAGE_USES } from '../files/image-queries.ts';
import { lockDigest } from '../files/locks.ts';
import type { FindingList } from './findings.ts';

/** Digests looked up at a time. */
const PAGE = 500;

/**
 * Compares the files of messages with the table `files`, avatars and the icon with the table
 * `images`, and both tables with the file contents in the store, whose digests are computed. File contents
 * that a running server stores or removes meanwhile are not findings.
 */
export async function checkFiles(
  pool: pg.Pool,
  store: FileStore,
  found: FindingList,
): Promise<void> {
  await checkAttachments(pool, found);
  await checkImages(pool, found);
  await checkContents(pool, store, found);
  await checkOrphans(pool, store, found);
}

/** Finds files of messages that are not in the table. */
async function checkAttachments(pool: pg.Pool, found: FindingList): Promise<void> {
  const { rows } = await pool.query<{ conversation: string; message: number; file: string }>(
    `select a.conversation_id as conversation, a.message_seq::float8 as message, a.file_id as file
     from (
       select conversation_id, message_seq, file_id from attachments
       union all
       select conversation_id, message_seq, file_id from link_previews where file_id is not null
     ) a
     join conversations c on c.id = a.conversation_id
     left join files f on f.id = a.file_id and f.state = 'stored'
     where f.id is null and c.deleted_at is null
     order by 1, 2`,
  );
  for (const key of rows) found.add('file_missing', 'files', { key: { ...key } });
}

/** Finds avatars and icons that are not in the table. */
async function checkImages(pool: pg.Pool, found: FindingList): Promise<void> {
  const { rows } = await pool.query<{
    table: 'accounts' | 'conversations' | 'server_settings';
    key: string;
  }>(
    `select u.table, u.key from ${IMAGE_USES} u
     where not exists (select from images i where i.id = u.image)
     order by 1, 2`,
  );
  for (const { table, key } of rows) found.add('image_missing', table, { key: { id: key } });
}

/** Finds file contents that are missing, or are not what their digest says. */
async function checkContents(pool: pg.Pool, store: FileStore, found: FindingList): Promise<void> {
  let after = '';
  for (;;) {
    const contents = await contentsAfter(pool, after);
    for (const { digest, bytes } of contents) {
      const problem = await problemOf(store, digest, bytes);
      if (problem === null || !(await isContentUsed(pool, digest))) continue;
      found.add(problem, 'files', { key: { sha256: digest } });
    }
    const last = contents.at(-1);
    if (!last || contents.length < PAGE) return;
    after = last.digest;
  }
}

async function contentsAfter(
  pool: pg.Pool,
  after: Digest,
): Promise<{ digest: Digest; bytes: number }[]> {
  const { rows } = await pool.query<{ digest: Digest; bytes: number }>(
    `select distinct encode(digest, 'hex') as digest, bytes::float8 as bytes from (
       select digest, bytes from files where state <> 'deleting'
       union all
       select preview_digest, preview_bytes from files
       where state <> 'deleting' and preview_digest is not null
       union all
       select digest, bytes from images
       union all
       select small_digest, small_bytes from images
     ) c
     where digest > decode($1, 'hex')
     order by 1 limit $2`,
    [after, PAGE],
  );
  return rows;
}

async function problemOf(
  store: FileStore,
  digest: Digest,
  bytes: number,
): Promise<'content_missing' | 'content_damaged' | null> {
  const content = await store.read(digest);
  if (!content) return 'content_missing';
  const hash = createHash('sha256');
  let read = 0;
  for await (const piece of content) {
    hash.update(piece);
    read += piece.length;
  }
  return read === bytes && hash.digest('hex') === digest ? null : 'content_damaged';
}

/** Finds file contents that belong to no file. */
async function checkOrphans(pool: pg.Pool, store: FileStore, found: FindingList): Promise<void> {
  for await (const { digest } of store.list()) {
    if (await isKnown(pool, digest)) continue;
    found.add('content_unused', 'files', { key: { sha256: digest } });
  }
}

/**
 * Returns whether file content belongs to a file or an image. Waits for file content that is being
 * stored.
 */
async function isKnown(pool: pg.Pool, digest: Digest): Promise<boolean> {
  await lockDigest(pool, digest);
  return await isContentKnown(pool, digest);
}
