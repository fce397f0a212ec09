import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import type { Config } from '../config/config.ts';
import type { Logger } from '../runtime/log.ts';
import { type Database, isConnectionError, openDatabase } from '../storage/database.ts';
import { startEmbedded } from '../storage/embedded.ts';
import { lockFolder } from '../storage/lock.ts';
import { migrate } from '../storage/migrate.ts';
import { syncFolder } from '../storage/sync-folder.ts';
import { placeContents } from './contents.ts';
import { digestOfStreamsIn } from './digest.ts';
import { Load } from './load.ts';
import { BadBackup, type Header, type Manifest } from './manifest.ts';
import {
  aside,
  claim,
  makeDataDir,
  placeAll,
  readState,
  readyDir,
  requireEmpty,
  type State,
  writeState,
} from './place.ts';
import { inWords, type Progress } from './progress.ts';
import { requireEqual, Unpacking } from './unpack.ts';
import { requireSpace, verifyBackup } from './verify.ts';

/**
 * Restores a backup into an empty data folder and, with DATABASE_URL, an empty database.
 *
 * 1. It refuses a target that is not empty, and changes nothing there.
 * 2. Nothing takes effect before everything is compared with the manifest, both as read and as
 *    stored in the database.
 * 3. If interrupted at any moment, no server starts on the target, and running it again finishes
 *    it.
 * 4. The streams get a new epoch, so that a client with events from after the backup starts over,
 *    instead of missing new events with the same seqs.
 */
export async function restore(
  config: Config,
  file: string,
  log: Logger,
  progress: Progress,
): Promise<void> {
  if (!existsSync(file)) throw new Error(`File not found: ${file}`);
  const { dataDir } = config;
  makeDataDir(dataDir);
  const lock = await lockFolder(dataDir);
  try {
    const unpacking = await Unpacking.open(file);
    try {
      const { header } = unpacking;
      progress.step(`the backup is of ${header.madeAt}`);
      if (await finishEarlier(config, header, log)) {
        progress.step('an earlier run had verified all of it already; now it is in its place');
        return;
      }
      requireEmpty(dataDir);
      requireSpace(dataDir, await verifyBackup(file), config.databaseUrl === undefined);
      const ready = await claim(dataDir);
      const epoch = randomUUID();
      writeState(dataDir, { backup: header.id, epoch, phase: 'loading' });
      await keepSecret(unpacking, config, ready);
      const target = { config, unpacking, epoch, log, progress };
      if (config.databaseUrl === undefined) await intoEmbedded(target);
      else await intoExternal(target, config.databaseUrl);
      placeAll(dataDir);
    } finally {
      await unpacking.close();
    }
  } finally {
    lock.release();
  }
}

type Target = {
  config: Config;
  unpacking: Unpacking;
  epoch: string;
  log: Logger;
  progress: Progress;
};

/** Continues an interrupted run, if everything had been verified. */
async function finishEarlier(config: Config, header: Header, log: Logger): Promise<boolean> {
  const { dataDir } = config;
  const state = readState(dataDir);
  if (state === undefined || state.backup !== header.id) return false;
  if (state.phase === 'loading') return false;
  if (state.phase === 'committing' && !(await wasCommitted(config, state, log))) return false;
  writeState(dataDir, { ...state, phase: 'placing' });
  placeAll(dataDir);
  return true;
}

/** Returns whether the transaction of the earlier run was committed, which its epoch shows. */
async function wasCommitted(config: Config, { epoch }: State, log: Logger): Promise<boolean> {
  if (config.databaseUrl === undefined) return false;
  const database = await openDatabase({ connectionString: config.databaseUrl }, log, OPTIONS);
  try {
    const { rows } = await database.pool.query<{ there: boolean }>(
      `select to_regclass('server_state') is not null as there`,
    );
    if (rows[0]?.there !== true) return false;
    const sameEpoch = await database.pool.query('select from server_state where epoch = $1', [
      epoch,
    ]);
    return sameEpoch.rowCount === 1;
  } finally {
    await database.close();
  }
}

const OPTIONS = { maxConnections: 2, patient: true };

/**
 * Restores the secret of a server that had it in PARLEY_SECRET. It becomes a file if PARLEY_SECRET
 * is not set now; otherwise the two must match.
 */
async function keepSecret(unpacking: Unpacking, config: Config, ready: string): Promise<void> {
  const secret = await unpacking.secret();
  if (secret === undefined) return;
  if (config.secret === undefined) {
    writeFileSync(join(ready, 'secret'), `${secret}\n`, { mode: 0o600, flush: true });
  } else if (config.secret !== secret) {
    throw new Error(
      'PARLEY_SECRET differs from the one in the backup, so its signing keys cannot be decrypted. ' +
        'Unset PARLEY_SECRET (the backup contains the right secret), or set it to the original one.',
    );
  }
}

/** A separate cluster, moved into place when it is complete and shut down. */
async function intoEmbedded(target: Target): Promise<void> {
  const { config, unpacking, epoch, log, progress } = target;
  const { dataDir } = config;
  const folder = aside(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Root may have to run PostgreSQL as another user, who must be able to pass through.
  const { mode } = statSync(dataDir);
  if (process.getuid?.() === 0) for (const dir of [dataDir, dirname(folder)]) allowTraversal(dir);
  const embedded = await startEmbedded({ dataDir: folder, log });
  try {
    const database = await openDatabase(embedded.connection, log, OPTIONS);
    try {
      await fill(database, target, () => undefined);
      await bringUpToDate(database, log);
    } finally {
      await database.close();
    }
  } catch (error) {
    throw isConnectionError(error) ? withLogLines(error, folder) : error;
  } finally {
    await embedded.stop();
    chmodSync(dataDir, mode);
  }
  renameSync(join(folder, 'postgres'), join(readyDir(dataDir), 'postgres'));
  rmSync(folder, { recursive: true });
  syncFolder(readyDir(dataDir));
  progress.step('the database is complete');
  writeState(dataDir, { backup: unpacking.header.id, epoch, phase: 'placing' });
}

/** Adds the errors from the log of a crashed database, usually a full disk. */
function withLogLines(error: unknown, folder: string): Error {
  const description = readFileSync(join(folder, 'postgres.log'), 'utf8').split('\n');
  const why = description.filter((line) => /PANIC|FATAL|ERROR/.test(line)).slice(-3);
  return new Error(`${(error as Error).message}; the database log says: ${why.join(' ')}`, {
    cause: error,
  });
}

async function intoExternal(target: Target, connectionString: string): Promise<void> {
  const { config, unpacking, epoch, log } = target;
  const database = await openDatabase({ connectionString }, log, OPTIONS);
  const state = { backup: unpacking.header.id, epoch };
  try {
    await fill(database, target, () =>
      writeState(config.dataDir, { ...state, phase: 'committing' }),
    );
    writeState(config.dataDir, { ...state, phase: 'placing' });
    await bringUpToDate(database, log);
  } finally {
    await database.close();
  }
}

/** Fills the database in one transaction; `beforeCommit` is called right before COMMIT. */
async function fill(
  database: Database,
  { config, unpacking, epoch, log, progress }: Target,
  beforeCommit: () => void,
): Promise<void> {
  const { header } = unpacking;
  const client = await database.pool.connect();
  try {
    const load = await Load.begin(client, header.migrations);
    await unpacking.tables(load, progress);
    await unpacking.files(readyDir(config.dataDir), progress);
    const manifest = await unpacking.manifest();
    await verify(client, load, manifest, progress);
    await placeContents(client, config, {
      ready: readyDir(config.dataDir),
      manifest,
      log,
      progress,
    });
    await load.finish(header.sequences);
    await client.query('update server_state set epoch = $1', [epoch]);
    beforeCommit();
    await client.query('commit');
  } finally {
    client.release(true);
  }
}

/** Compares the stored rows with the manifest. */
async function verify(
  client: pg.ClientBase,
  load: Load,
  manifest: Manifest,
  progress: Progress,
): Promise<void> {
  progress.step('comparing what is in the database with the manifest');
  const loaded: Manifest['tables'] = {};
  for (const name of Object.keys(manifest.tables)) loaded[name] = await load.digest(name);
  requireEqual('table', manifest.tables, loaded);
  const streams = await digestOfStreamsIn(client);
  requireEqual('digest', { 'of all streams': manifest.streams }, { 'of all streams': streams });
  const rest = load.names.filter((name) => manifest.tables[name] === undefined);
  if (rest.length > 0) {
    throw new BadBackup(`The backup is damaged: it lacks the tables ${rest.join(', ')}.`);
  }
  progress.step(
    `verified: ${inWords(streams.events, 'event')} in ${inWords(streams.streams, 'stream')}, ` +
      `digest ${streams.sha256}`,
  );
}

/** Applies the migrations added since the backup was made. */
async function bringUpToDate(database: Database, log: Logger): Promise<void> {
  await migrate(database.pool, log);
}

function allowTraversal(dir: string): void {
  chmodSync(dir, statSync(dir).mode | 0o011);
}
