import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type pg from 'pg';
import type { Config } from '../config/config.ts';
import type { FileStore } from '../files/file-store.ts';
import { s3StoreOf } from '../files/file-stores.ts';
import type { Logger } from '../runtime/log.ts';
import { keepContents } from '../storage/backup-lock.ts';
import { readHistory, readMigrations, refuseMismatch } from '../storage/migrate.ts';
import { NoDatabase, reach } from '../storage/reach.ts';
import { isFull } from '../storage/start-errors.ts';
import { syncFolder } from '../storage/sync-folder.ts';
import { ArchiveWriter } from './archive.ts';
import { quote, readSequences, readTables, type Table } from './catalog.ts';
import { openContent, pathOfContent } from './contents.ts';
import { copyOut, prepareSession, type TableDigest } from './copy.ts';
import { digestOfStreamsIn } from './digest.ts';
import { digestOfBytes, type FileDigest, isKept, listFiles, openFile } from './files.ts';
import { draftOf, removeLeftovers } from './leftovers.ts';
import {
  FILES,
  FORMAT,
  HEADER_ENTRY,
  type Header,
  MANIFEST_ENTRY,
  type Manifest,
  SECRET_ENTRY,
  TABLES,
} from './manifest.ts';
import { inBytes, inWords, type Progress } from './progress.ts';

/**
 * Writes everything that must be kept into one new file: the rows of all tables, the secret, the
 * files of the data folder.
 *
 * 1. Hot: a server may run and write meanwhile, and does not wait for the backup.
 * 2. Consistent: all rows are from one snapshot of the database. Files are collected afterwards, so
 *    every file that a row refers to is included, and possibly newer ones.
 * 3. Atomic: the file gets its name once it is completely on disk.
 *
 * Returns the manifest of the backup.
 */
export async function backUp(
  config: Config,
  file: string,
  log: Logger,
  progress: Progress,
): Promise<Manifest> {
  if (existsSync(file))
    throw new Error(
      `${file} already exists. Choose another name: a backup does not overwrite files.`,
    );
  preparePlace(config.dataDir, file);
  const draft = draftOf(file);
  removeLeftovers(dirname(file), basename(file));
  const source = await reach(config, log);
  // Ctrl-C leaves nothing incomplete behind either.
  const tidy = () => {
    rmSync(draft, { force: true });
    process.exit(1);
  };
  for (const signal of SIGNALS) process.once(signal, tidy);
  try {
    const client = await source.database.pool.connect();
    try {
      const bucket = await s3StoreOf(config, { pool: source.database.pool, log });
      const manifest = await write(client, { config, bucket }, draft, progress);
      renameSync(draft, file);
      syncFolder(dirname(file));
      return manifest;
    } finally {
      client.release(true);
    }
  } catch (error) {
    rmSync(draft, { force: true });
    if (isFull(error)) {
      throw new Error(`No space left in ${dirname(file)}: no backup was written.`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, tidy);
    await source.close();
  }
}

/** Refuses a location where the backup would become part of the next one; creates `backups/`. */
function preparePlace(dataDir: string, file: string): void {
  const own = join(dataDir, 'backups');
  if (dirname(file) === own && existsSync(dataDir))
    mkdirSync(own, { recursive: true, mode: 0o700 });
  if (!existsSync(dirname(file))) throw new Error(`Folder not found: ${dirname(file)}`);
  if (!existsSync(dataDir)) return;
  if (isKept(realpathSync(dataDir), join(realpathSync(dirname(file)), basename(file)))) {
    throw new Error(
      `${file} is in the data folder, so the next backup would contain it. ` +
        `Choose a path outside of it, or in ${own}.`,
    );
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function write(
  client: pg.ClientBase,
  { config, bucket }: { readonly config: Config; readonly bucket: FileStore | null },
  draft: string,
  progress: Progress,
): Promise<Manifest> {
  await prepareSession(client);
  // File contents that rows of the snapshot refer to are kept until they are in the archive.
  await keepContents(client);
  await client.query('begin isolation level repeatable read read only');
  const { header, tables } = await describe(client);
  progress.step(`the backup is of ${header.madeAt}; what happens later is not in it`);
  const archive = new ArchiveWriter(draft, new Date(header.madeAt));
  try {
    await archive.add(HEADER_ENTRY, JSON.stringify(header, null, 2));
    const files: Record<string, FileDigest> = {};
    await writeSecret(archive, config, files);
    const rows = await writeTables(archive, client, tables, progress);
    progress.step('the digest of all streams');
    const streams = await digestOfStreamsIn(client);
    await writeFiles(archive, config.dataDir, files, progress);
    if (bucket) await writeContents(archive, bucket, files, progress);
    const manifest: Manifest = { id: header.id, tables: rows, streams, files };
    await archive.add(MANIFEST_ENTRY, JSON.stringify(manifest, null, 2));
    await archive.finish();
    return manifest;
  } catch (error) {
    await archive.abandon();
    throw error;
  }
}

/** Returns the header; takes the transaction’s snapshot. */
async function describe(client: pg.ClientBase): Promise<{ header: Header; tables: Table[] }> {
  const tables = await readTables(client);
  const names = tables.map((table) => table.name);
  if (!names.includes('schema_migrations') || !names.includes('server_state')) {
    throw new NoDatabase('The database is empty: no Parley server has been started on it.');
  }
  // The schema cannot change until the end; reads and writes continue.
  await client.query(`lock table ${names.map(quote).join(', ')} in access share mode`);
  const migrations = await readHistory(client);
  // A newer Parley may store things in ways that this version does not know.
  refuseMismatch(migrations, readMigrations());
  const { rows } = await client.query<{ epoch: string }>('select epoch from server_state');
  const header: Header = {
    format: FORMAT,
    id: randomUUID(),
    madeAt: new Date().toISOString(),
    epoch: rows[0]?.epoch ?? '',
    migrations,
    tables: tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
    sequences: await readSequences(client),
  };
  return { header, tables };
}

/** PARLEY_SECRET is in no file. It is included so that the backup can be decrypted on its own. */
async function writeSecret(
  archive: ArchiveWriter,
  config: Config,
  files: Record<string, FileDigest>,
): Promise<void> {
  if (config.secret === undefined) return;
  const content = Buffer.from(`${config.secret}\n`);
  await archive.add(SECRET_ENTRY, content);
  files.secret = digestOfBytes(content);
}

async function writeTables(
  archive: ArchiveWriter,
  client: pg.ClientBase,
  tables: readonly Table[],
  progress: Progress,
): Promise<Record<string, TableDigest>> {
  const digests: Record<string, TableDigest> = {};
  let done = 0;
  for (const [index, table] of tables.entries()) {
    const place = `${table.name} (table ${index + 1} of ${tables.length})`;
    digests[table.name] = await archive.pieces(
      tablePrefix(table.name),
      '.copy',
      copyOut(client, table),
      (bytes) => {
        done += bytes;
        progress.within(() => `${place}, ${inBytes(done)} so far`);
      },
    );
  }
  const rows = Object.values(digests).reduce((sum, digest) => sum + digest.rows, 0);
  progress.step(
    `${inWords(rows, 'row')} of ${inWords(tables.length, 'table')}, ${inBytes(done)} of text`,
  );
  return digests;
}

/** The location of the rows of a table in the archive. */
export function tablePrefix(name: string): string {
  return `${TABLES}${encodeURIComponent(name)}/`;
}

async function writeFiles(
  archive: ArchiveWriter,
  dataDir: string,
  files: Record<string, FileDigest>,
  progress: Progress,
): Promise<void> {
  const paths = (await listFiles(dataDir)).filter((path) => files[path] === undefined);
  let bytes = 0;
  for (const path of paths) {
    const file = await openFile(dataDir, path);
    if (file === undefined) {
      progress.step(`left out: ${path} was removed while the backup was being made`);
      continue;
    }
    const digest = keepReturn(file.read());
    await archive.stream(`${FILES}${path}`, file.size, digest.pieces());
    files[path] = digest.value();
    bytes += file.size;
    progress.within(() => `${inWords(Object.keys(files).length, 'file')}, ${inBytes(bytes)}`);
  }
  progress.step(`${inWords(Object.keys(files).length, 'file')} of the data folder`);
}

/** Writes the file contents that are in the bucket but not in the data folder. */
async function writeContents(
  archive: ArchiveWriter,
  bucket: FileStore,
  files: Record<string, FileDigest>,
  progress: Progress,
): Promise<void> {
  let [count, bytes] = [0, 0];
  for await (const content of bucket.list()) {
    const path = pathOfContent(content.digest);
    if (files[path] !== undefined) continue;
    const file = await openContent(bucket, content);
    if (file === undefined) continue;
    const digest = keepReturn(file.read());
    await archive.stream(`${FILES}${path}`, file.size, digest.pieces());
    files[path] = digest.value();
    count += 1;
    bytes += file.size;
    progress.within(() => `${inWords(count, 'file')} of the bucket, ${inBytes(bytes)}`);
  }
  progress.step(`${inWords(count, 'file')} of the bucket, ${inBytes(bytes)}`);
}

/** `for await` drops what a generator returns; this keeps it. */
function keepReturn<T>(generator: AsyncGenerator<Buffer, T>) {
  let result: { value: T } | undefined;
  return {
    async *pieces() {
      result = { value: yield* generator };
    },
    value(): T {
      if (result === undefined) throw new Error('The content was not read to its end');
      return result.value;
    },
  };
}
