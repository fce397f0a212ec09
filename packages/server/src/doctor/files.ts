import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Digest, FileStore } from '../files/file-store.ts';
import { lockDigest } from '../files/locks.ts';
import type { FindingList } from './findings.ts';

/** Digests looked up at a time. */
const PAGE = 500;

/**
 * Compares the files of messages with the table `files`, and that with the contents in the store, whose
 * digests are computed. Contents that are stored or removed meanwhile, by a running server, are no
 * finding.
 */
export async function checkFiles(
  pool: pg.Pool,
  store: FileStore,
  found: FindingList,
): Promise<void> {
  await checkAttachments(pool, found);
  await checkContents(pool, store, found);
  await checkOrphans(pool, store, found);
}

/** Finds files of messages that are not in the table. */
async function checkAttachments(pool: pg.Pool, found: FindingList): Promise<void> {
  const { rows } = await pool.query<{ conversation: string; message: number; file: string }>(
    `select a.conversation_id as conversation, a.message_seq::float8 as message, a.file_id as file
     from attachments a
     join conversations c on c.id = a.conversation_id
     left join files f on f.id = a.file_id and f.state = 'stored'
     where f.id is null and c.deleted_at is null
     order by 1, 2`,
  );
  for (const key of rows) found.add('file_missing', 'files', { key: { ...key } });
}

/** Finds contents that are missing, or are not what their digest says. */
async function checkContents(pool: pg.Pool, store: FileStore, found: FindingList): Promise<void> {
  let after = '';
  for (;;) {
    const contents = await contentsAfter(pool, after);
    for (const { digest, bytes } of contents) {
      const problem = await problemOf(store, digest, bytes);
      if (problem === null || !(await isUsed(pool, digest))) continue;
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
       select digest, bytes from files where state = 'stored'
       union all
       select preview_digest, preview_bytes from files
       where state = 'stored' and preview_digest is not null
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

/** Finds contents that belong to no file. */
async function checkOrphans(pool: pg.Pool, store: FileStore, found: FindingList): Promise<void> {
  for await (const { digest } of store.list()) {
    if (await isKnown(pool, digest)) continue;
    found.add('content_unused', 'files', { key: { sha256: digest } });
  }
}

const ofDigest = `(digest = decode($1, 'hex') or preview_digest = decode($1, 'hex'))`;

/** Returns whether a content still belongs to a file that exists. */
async function isUsed(pool: pg.Pool, digest: Digest): Promise<boolean> {
  const { rows } = await pool.query(
    `select from files where ${ofDigest} and state = 'stored' limit 1`,
    [digest],
  );
  return rows.length > 0;
}

/** Returns whether a content belongs to a file. One that is just being stored is waited for. */
async function isKnown(pool: pg.Pool, digest: Digest): Promise<boolean> {
  await lockDigest(pool, digest);
  const { rows } = await pool.query(`select from files where ${ofDigest} limit 1`, [digest]);
  return rows.length > 0;
}
