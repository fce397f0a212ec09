import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Below this much free memory, temporary folders go to disk. */
const WANTED_BYTES = 1024 ** 3;
/** The folder of a killed process is removed by a later run, at this age. */
const LEFTOVER_AFTER_MS = 10 * 60_000;
const PREFIX = 'parley-test-';
let swept = false;

/**
 * Creates a temporary folder for a test that is not about durability: in memory where there is
 * enough, so that a commit does not wait for a disk, and below the system’s temporary folder
 * otherwise. The caller removes it; a later run removes the folders of a killed one.
 * Tests of durability use the system’s temporary folder directly.
 */
export function makeTempDir(name: string): string {
  const inMemory = isRoomy(MEMORY);
  if (inMemory && !swept) {
    swept = true;
    removeLeftovers(MEMORY);
  }
  return mkdtempSync(join(inMemory ? MEMORY : tmpdir(), `${PREFIX}${process.pid}-${name}-`));
}

function isRoomy(dir: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize >= WANTED_BYTES;
  } catch {
    // This system has no such folder.
    return false;
  }
}

function removeLeftovers(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const path = join(dir, name);
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - made > LEFTOVER_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
