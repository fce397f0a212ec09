import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** Attempts to take a lock whose holder is unknown or dead. */
const ATTEMPTS = 10;

/** The process that holds a lock, and when it started, because process ids are reused. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

/** Locks that this process holds. */
const ownLocks = new Set<string>();

/**
 * Takes a lock for this process: a file that names it. Takes over the lock of a process that was
 * killed. Returns a function that releases it.
 *
 * @throws {Error} when another living process holds it, or this one already does
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  if (ownLocks.has(path)) throw new Error(`${path} is already held by this process`);
  ownLocks.add(path);
  try {
    for (let attempt = 0; !(await tryCreate(path)); attempt++) {
      const holder = await holderOf(path);
      if (attempt > ATTEMPTS || (holder && (await isAlive(holder)))) {
        throw new Error(`${path} is held by process ${holder?.pid ?? 'unknown'}`);
      }
      // The process that just created the file is about to write its id.
      if (!holder && attempt < ATTEMPTS / 2) await setTimeout(50);
      else await rm(path, { force: true });
    }
  } catch (error) {
    ownLocks.delete(path);
    throw error;
  }
  return async () => {
    ownLocks.delete(path);
    await rm(path, { force: true });
  };
}

/** Returns false when the file already exists. */
async function tryCreate(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      const holder: Holder = { pid: process.pid, startedAt: await startOf(process.pid) };
      await file.writeFile(JSON.stringify(holder));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Returns null when the file is gone, or when its process was killed before it wrote its id. */
async function holderOf(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function isAlive({ pid, startedAt }: Holder): Promise<boolean> {
  // After a restart of a container the same process id is used again.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await startOf(pid)) === startedAt;
}

/** Returns when a process started, as the kernel reports it; empty where that is not available. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The 22nd field. The second one is a name in parentheses, which can contain anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
