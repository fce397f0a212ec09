import { closeSync, existsSync, lstatSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exists } from '../storage/processes.ts';

/** A draft of another backup is kept for this long after its last change, ms. */
const QUIET_MS = 10 * 60_000;
const NAME = /^(.+)\.part-([1-9]\d*)$/;

/** Returns the path that a backup is written to until it is complete. */
export function draftOf(file: string): string {
  return `${file}.part-${process.pid}`;
}

/**
 * Removes the drafts of killed backups from a folder; `own` is the name of the backup that is about to
 * be written. A file is removed only if
 *
 * 1. its name is `NAME.part-PID`, and no other process has that pid;
 * 2. it is a regular file that is empty or begins with the magic number of gzip;
 * 3. it is a draft of `own`, or has not been changed for ten minutes (the pid of a process in another
 *    container is meaningless here).
 *
 * Returns the names of the removed files.
 */
export function removeLeftovers(dir: string, own?: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).filter((name) => {
    const [, base, digits] = NAME.exec(name) ?? [];
    if (base === undefined) return false;
    const pid = Number(digits);
    // This process has not started its backup yet: a draft with its pid is from an earlier process.
    if (pid !== process.pid && exists(pid)) return false;
    const path = join(dir, name);
    if (!isDraft(path) || (base !== own && changedAgo(path) < QUIET_MS)) return false;
    rmSync(path, { force: true });
    return true;
  });
}

function changedAgo(path: string): number {
  return Date.now() - lstatSync(path).mtimeMs;
}

function isDraft(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) return false;
  if (stats.size === 0) return true;
  const magic = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, magic, 0, 2, 0);
  } finally {
    closeSync(file);
  }
  return magic.equals(Buffer.from([0x1f, 0x8b]));
}
