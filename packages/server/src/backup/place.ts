import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
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
import { isDerived } from './files.ts';
import { PlaceNotEmpty } from './load.ts';

/**
 * The data folder while a restore fills it. Everything is made in `<data>/restoring/` first, and
 * moved to its place when all of it is there and on disk.
 *
 * 1. As long as `restoring/` is there, no server starts on the folder.
 * 2. A restore that was cut off while it collected begins anew; one that was cut off while it moved
 *    things to their places (the verified backup is whole then) goes on where it was.
 */

const STATE = 'state.json';
/** What is to be moved up, by its name. */
const READY = 'ready';

/** How far a restore is. */
const State = z.object({
  /** The backup’s id. */
  backup: z.string(),
  /** The epoch that the restored streams get. */
  epoch: z.string(),
  /** `placing`: everything is verified; what lies in `ready/` is on its way up. */
  phase: z.enum(['loading', 'committing', 'placing']),
});
/** How far a restore is: `committing` when only the external database’s COMMIT may be missing. */
export type State = z.infer<typeof State>;

/** Makes the data folder if it is not there. */
export function makeDataDir(dataDir: string): void {
  makeDataFolder(dataDir);
}

/** How far an earlier restore came; undefined when there was none, or nothing of it counts. */
export function readState(dataDir: string): State | undefined {
  const path = join(dataDir, RESTORING, STATE);
  if (!existsSync(path)) return undefined;
  try {
    return State.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Cut off while it was written for the first time: nothing had happened yet.
    return undefined;
  }
}

/** Notes how far the restore is, on disk before it returns. */
export function writeState(dataDir: string, state: State): void {
  const dir = join(dataDir, RESTORING);
  const path = join(dir, STATE);
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  syncFolder(dir);
}

/**
 * Refuses a data folder that has anything in it but an earlier restore.
 *
 * @throws {PlaceNotEmpty}
 */
export function requireEmpty(dataDir: string): void {
  const there = readdirSync(dataDir).filter((name) => name === 'postgres' || !isDerived(name));
  if (there.length > 0) {
    throw new PlaceNotEmpty(
      `${dataDir} is not empty: it has ${there.sort().slice(0, 5).join(', ')}` +
        `${there.length > 5 ? ' …' : ''}. Nothing was changed. ` +
        'Set PARLEY_DATA to a folder that is empty or not there yet.',
    );
  }
}

/**
 * Takes an empty data folder for a restore; what an earlier one had collected is thrown away.
 * Returns the folder to collect in.
 *
 * @throws {PlaceNotEmpty} when there is anything but that
 */
export async function claim(dataDir: string): Promise<string> {
  requireEmpty(dataDir);
  const dir = join(dataDir, RESTORING);
  // The database of a restore that was killed a moment ago ends by itself.
  const cluster = join(aside(dataDir), 'postgres');
  const ended = async () => (await processesInCluster(cluster)).length === 0;
  if (!(await waitUntil(ended, 30_000))) {
    throw new Error(`The database of an earlier restore still runs in ${cluster}.`);
  }
  rmSync(dir, { recursive: true, force: true });
  const ready = join(dir, READY);
  mkdirSync(ready, { recursive: true, mode: 0o700 });
  syncFolder(dataDir);
  return ready;
}

/** Where a restore has the data folder of a database that is being filled. */
export function aside(dataDir: string): string {
  return join(dataDir, RESTORING, 'database');
}

/** Where the restore collects; {@link claim} made it. */
export function readyDir(dataDir: string): string {
  return join(dataDir, RESTORING, READY);
}

/** Moves what was collected to its place, and opens the folder for a server. Can be repeated. */
export function placeAll(dataDir: string): void {
  const ready = readyDir(dataDir);
  for (const name of readdirSync(ready)) renameSync(join(ready, name), join(dataDir, name));
  syncFolder(ready);
  syncFolder(dataDir);
  rmSync(join(dataDir, RESTORING), { recursive: true });
  syncFolder(dataDir);
}

/** Makes what was renamed in a folder last. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
