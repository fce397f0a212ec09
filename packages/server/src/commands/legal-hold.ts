import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileId } from '@parley/protocol';
import type pg from 'pg';
import { AuditLog } from '../audit/audit-log.ts';
import { inWords } from '../backup/progress.ts';
import type { Config } from '../config/config.ts';
import type { FileStore } from '../files/file-store.ts';
import { fileStoreOf } from '../files/file-stores.ts';
import { RefusalError } from '../http/errors.ts';
import { holdInForce, legalHoldExport } from '../legal-holds/export.ts';
import { heldFile, legalHolds } from '../legal-holds/queries.ts';
import { systemClock } from '../runtime/clock.ts';
import { reachDatabase } from '../storage/reach.ts';
import { CommandRefused, commandLog, exactly, print, readConfig, UsageError } from './command.ts';

/**
 * `parley legal-hold list | export ID FOLDER`: lists the legal holds, or writes the messages and
 * files that one covers into a new folder. The server may be running or stopped.
 */
export async function legalHoldCommand([
  subcommand = '',
  ...args
]: readonly string[]): Promise<number> {
  const config = readConfig();
  const work = subcommandOf(subcommand, args, config);
  const { database, close } = await reachDatabase(config, commandLog(config));
  try {
    await work(database.pool);
  } catch (error) {
    throw error instanceof RefusalError ? new CommandRefused(error.message) : error;
  } finally {
    await close();
  }
  return 0;
}

function subcommandOf(
  subcommand: string,
  args: readonly string[],
  config: Config,
): (pool: pg.Pool) => Promise<void> {
  if (subcommand === 'list') {
    exactly(args);
    return list;
  }
  if (subcommand === 'export') {
    const [id = '', folder = ''] = exactly(args, 'ID', 'FOLDER');
    if (!/^[0-9a-f-]{36}$/i.test(id)) throw new UsageError('ID must be the id of a legal hold.');
    return (pool) => exportTo(pool, config, id, folder);
  }
  throw new UsageError(
    subcommand === '' ? 'Missing subcommand' : `Unknown subcommand: ${subcommand}`,
  );
}

/** Prints one line per legal hold: id, state, versions kept of deleted messages, name. */
async function list(pool: pg.Pool): Promise<void> {
  let after: Awaited<ReturnType<typeof legalHolds>>['next'] = null;
  do {
    const page: Awaited<ReturnType<typeof legalHolds>> = await legalHolds(pool, after, 20);
    for (const { id, releasedAt, heldVersions, name } of page.items) {
      const state = releasedAt === null ? 'in force' : 'released';
      process.stdout.write(`${[id, state, heldVersions, name].join('\t')}\n`);
    }
    after = page.next;
  } while (after !== null);
}

/** Writes `messages.jsonl`, and the files of the messages under their ids. */
async function exportTo(pool: pg.Pool, config: Config, id: string, folder: string): Promise<void> {
  await holdInForce(pool, id);
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new CommandRefused(`${folder} already exists`);
    if (error.code !== 'ENOENT') throw error;
    throw new CommandRefused(`Folder not found: ${dirname(folder)}`);
  });
  const log = commandLog(config);
  await new AuditLog({ pool, clock: systemClock, log }).record({
    event: 'legal_hold_exported',
    address: null,
    details: { hold: id },
  });
  await mkdir(join(folder, 'files'), { mode: 0o700 });
  const store = await fileStoreOf(config, { pool, log });
  let files = 0;
  let missing = 0;
  async function* linesWithFiles(): AsyncGenerator<string> {
    for await (const lines of legalHoldExport(pool, id, async () => undefined)) {
      for (const file of filesIn(lines)) {
        if (await saveFile({ pool, store, folder, id }, file)) files++;
        else missing++;
      }
      yield lines;
    }
  }
  const target = createWriteStream(join(folder, 'messages.jsonl'), { flags: 'wx', mode: 0o600 });
  await pipeline(Readable.from(linesWithFiles()), target);
  print(`Exported to ${folder}: messages.jsonl and ${inWords(files, 'file')}.`);
  if (missing > 0) throw new CommandRefused(`Missing on this server: ${inWords(missing, 'file')}.`);
}

/** Returns the ids of the files that the messages in these lines were posted with. */
function filesIn(lines: string): FileId[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { type, data } = JSON.parse(line) as {
        type: string;
        data?: { attachments?: { id: FileId }[] };
      };
      return type === 'message.posted' ? (data?.attachments ?? []).map((file) => file.id) : [];
    });
}

/** Writes the content of a file, once. Returns false if it is missing. */
async function saveFile(
  { pool, store, folder, id }: { pool: pg.Pool; store: FileStore; folder: string; id: string },
  file: FileId,
): Promise<boolean> {
  const held = await heldFile(pool, id, file);
  const content = held && (await store.read(held.digest));
  if (!content) return false;
  // The original name was chosen by the uploader; it is in messages.jsonl.
  await pipeline(content, createWriteStream(join(folder, 'files', file), { mode: 0o600 }));
  return true;
}
