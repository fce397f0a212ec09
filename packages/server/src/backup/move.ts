import type pg from 'pg';
import type { Config } from '../config/config.ts';
import type { Logger } from '../runtime/log.ts';
import { openDatabase } from '../storage/database.ts';
import { markMoved } from '../storage/marks.ts';
import { readHistory } from '../storage/migrate.ts';
import { reachFolder } from '../storage/reach.ts';
import { syncFolder } from '../storage/sync-folder.ts';
import { readSequences, readTables, type Table } from './catalog.ts';
import { copyOut, digestOf, prepareSession, type TableDigest } from './copy.ts';
import { digestOfStreamsIn, type StreamsDigest } from './digest.ts';
import { Load, PlaceNotEmpty } from './load.ts';
import { inBytes, inWords, type Progress } from './progress.ts';

/**
 * Moves the built-in database to an empty external PostgreSQL.
 *
 * 1. No server runs in the meantime: the data folder is locked, or the move is refused.
 * 2. The old database is only read. If the move is interrupted, the old database is unchanged, the new
 *    one is empty or complete, and running the move again finishes it.
 * 3. Everything is compared in the new database before COMMIT. The streams and their epoch stay the
 *    same: clients continue from their cursors.
 *
 * Returns the digest of all streams, which is equal in both databases.
 */
export async function move(
  config: Config,
  to: string,
  log: Logger,
  progress: Progress,
): Promise<StreamsDigest> {
  if (config.databaseUrl !== undefined) {
    throw new Error(
      'DATABASE_URL is set, so the server does not use its built-in database. Unset DATABASE_URL to move the built-in one.',
    );
  }
  const source = await reachFolder(config.dataDir, log);
  try {
    const target = await openDatabase({ connectionString: to }, log, {
      maxConnections: 2,
      patient: true,
    });
    try {
      const from = await source.database.pool.connect();
      const into = await target.pool.connect();
      try {
        await prepareSession(from);
        await prepareSession(into);
        const digest = await moveRows(from, into, progress);
        markMoved(config.dataDir, placeOf(to));
        syncFolder(config.dataDir);
        return digest;
      } finally {
        from.release(true);
        into.release(true);
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function moveRows(
  from: pg.ClientBase,
  into: pg.ClientBase,
  progress: Progress,
): Promise<StreamsDigest> {
  await from.query('begin isolation level repeatable read read only');
  const tables = await readTables(from);
  if (await isThereAlready(from, into, tables)) {
    progress.step('an earlier run has already moved everything');
    return digestOfStreamsIn(into);
  }
  const load = await Load.begin(into, await readHistory(from));
  let done = 0;
  for (const [index, table] of tables.entries()) {
    let digest: TableDigest | undefined;
    const rows = async function* () {
      const out = copyOut(from, table);
      for (;;) {
        const step = await out.next();
        if (step.done) {
          digest = step.value;
          return;
        }
        done += step.value.length;
        progress.within(
          () => `${table.name} (table ${index + 1} of ${tables.length}), ${inBytes(done)} so far`,
        );
        yield step.value;
      }
    };
    await load.table(table.name, table.columns, rows());
    const arrived = await load.digest(table.name);
    if (digest === undefined || arrived.sha256 !== digest.sha256) {
      throw new Error(
        `The table ${table.name} differs after the copy; everything was rolled back.`,
      );
    }
  }
  progress.step(`${inWords(tables.length, 'table')}, ${inBytes(done)} of text`);
  const [before, after] = [await digestOfStreamsIn(from), await digestOfStreamsIn(into)];
  if (before.sha256 !== after.sha256) {
    throw new Error('The streams differ after the copy; everything was rolled back.');
  }
  await load.finish(await readSequences(from));
  await into.query('commit');
  progress.step('verified and committed');
  return after;
}

/** Returns whether the target equals the source: an earlier move was interrupted after its COMMIT. */
async function isThereAlready(
  from: pg.ClientBase,
  into: pg.ClientBase,
  tables: readonly Table[],
): Promise<boolean> {
  const there = await readTables(into);
  if (there.map((table) => table.name).join() !== tables.map((table) => table.name).join()) {
    return false;
  }
  await into.query('begin isolation level repeatable read read only');
  try {
    for (const table of tables) {
      const [one, other] = [
        await digestOf(copyOut(from, table)),
        await digestOf(copyOut(into, table)),
      ];
      if (one.sha256 !== other.sha256) {
        throw new PlaceNotEmpty(
          'The database is not empty: it contains the tables of another Parley server. ' +
            'Nothing was changed. Use a new, empty database.',
        );
      }
    }
    return true;
  } finally {
    await into.query('rollback');
  }
}

/** Returns the address of a database without user, password and options. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
