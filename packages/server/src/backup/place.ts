import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RESTORING } from '../storage/marks.ts';
import { processesInCluster, waitUntil } from '../storage/processes.ts';
import { makeDataFolder } from '../storage/start-errors.ts';
import { syncFolder } from '../storage/sync-folder.ts';
import { isDerived } from './files.ts';
import { PlaceNotEmpty } from './load.ts';

/**
 * The data folder during a restore. Everything is written to `<data>/restoring/` first, and moved
 * into place once complete and flushed to disk.
 *
 * 1. While `restoring/` exists, no server starts on the folder.
 * 2. A restore that was interrupted while it loaded starts again from the beginning. One that was
 *    interrupted while it moved files (the backup is verified by then) continues.
 */

const STATE = 'state.json';
/** The subfolder with what will be moved to the data folder, under its final names. */
const READY = 'ready';

/** The progress of a restore, as it is stored. */
const State = z.object({
  /** The backup’s id. */
  backup: z.string(),
  /** The new epoch of the restored streams. */
  epoch: z.string(),
  /** `placing`: everything is verified, and the content of `ready/` is being moved. */
  phase: z.enum(['loading', 'committing', 'placing']),
});
/** The progress of a restore; `committing` if only the COMMIT of an external database may be missing. */
export type State = z.infer<typeof State>;

/** Creates the data folder if it does not exist. */
export function makeDataDir(dataDir: string): void {
  makeDataFolder(dataDir);
}

/**
 * Returns the progress of an earlier restore; undefined if there was none, or it had not started
 * loading.
 */
export function readState(dataDir: string): State | undefined {
  const path = join(dataDir, RESTORING, STATE);
  if (!existsSync(path)) return undefined;
  try {
    return State.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Interrupted at its first write, before the restore did anything.
    return undefined;
  }
}

/** Stores the progress of the restore; it is flushed to disk when this returns. */
export function writeState(dataDir: string, state: State): void {
  const dir = join(dataDir, RESTORING);
  const path = join(dir, STATE);
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  syncFolder(dir);
}

/**
 * Refuses a data folder that contains anything except an earlier restore.
 *
 * @throws {PlaceNotEmpty}
 */
export function requireEmpty(dataDir: string): void {
  const there = readdirSync(dataDir).filter((name) => name === 'postgres' || !isDerived(name));
  if (there.length > 0) {
    throw new PlaceNotEmpty(
      `${dataDir} is not empty: it contains ${there.sort().slice(0, 5).join(', ')}` +
        `${there.length > 5 ? ' …' : ''}. Nothing was changed. ` +
        'Set PARLEY_DATA to a folder that is empty or does not exist.',
    );
  }
}

/**
 * Prepares an empty data folder for a restore and discards what an earlier one had loaded. Returns the
 * folder to write to.
 *
 * @throws {PlaceNotEmpty} when it contains anything else
 */
export async function claim(dataDir: string): Promise<string> {
  requireEmpty(dataDir);
  const dir = join(dataDir, RESTORING);
  // The database of a restore that has just been killed ends on its own.
  const cluster = join(aside(dataDir), 'postgres');
  const ended = async () => (await processesInCluster(cluster)).length === 0;
  if (!(await waitUntil(ended, 30_000))) {
    throw new Error(`The database of an earlier restore is still running in ${cluster}.`);
  }
  rmSync(dir, { recursive: true, force: true });
  const ready = join(dir, READY);
  mkdirSync(ready, { recursive: true, mode: 0o700 });
  syncFolder(dataDir);
  return ready;
}

/** Returns the data folder of the embedded database that a restore loads. */
export function aside(dataDir: string): string {
  return join(dataDir, RESTORING, 'database');
}

/** Returns the folder that the restore writes to; {@link claim} created it. */
export function readyDir(dataDir: string): string {
  return join(dataDir, RESTORING, READY);
}

/** Moves the restored files to their places and unlocks the folder for servers. Idempotent. */
export function placeAll(dataDir: string): void {
  const ready = readyDir(dataDir);
  for (const name of readdirSync(ready)) renameSync(join(ready, name), join(dataDir, name));
  syncFolder(ready);
  syncFolder(dataDir);
  rmSync(join(dataDir, RESTORING), { recursive: true });
  syncFolder(dataDir);
}
