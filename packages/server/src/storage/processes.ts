import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Returns what distinguishes a process from earlier and later ones with the same pid: its start time.
 * On Linux that is the boot id and the clock tick, elsewhere the time as `ps` prints it. Undefined
 * when no such process is running; a zombie counts as not running.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const fields = statFields(pid);
    if (fields === undefined || fields.state === 'Z' || fields.state === 'X') return undefined;
    return `${bootId()}/${fields.startTicks}`;
  }
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout.trim() || undefined;
  } catch {
    // ps exits with 1 when there is no such process.
    return undefined;
  }
}

/**
 * Returns whether the process is a PostgreSQL process of this cluster: its working directory is the
 * cluster folder. Without /proc, its command line must contain the folder.
 */
export async function worksInCluster(pid: number, clusterDir: string): Promise<boolean> {
  if ((await processIdentity(pid)) === undefined) return false;
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === clusterDir;
    } catch {
      // It has ended or belongs to another user: in both cases this program did not start it.
      return false;
    }
  }
  try {
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]);
    return stdout.includes(clusterDir);
  } catch {
    return false;
  }
}

/** Returns the PostgreSQL processes of this cluster. Only Linux can list them; empty elsewhere. */
export async function processesInCluster(clusterDir: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    if (pid !== process.pid && (await worksInCluster(pid, clusterDir))) found.push(pid);
  }
  return found;
}

/** Waits until `condition` is true, checking it every `everyMs`; false after `timeoutMs`. */
export async function waitUntil(
  condition: () => boolean | undefined | Promise<boolean>,
  timeoutMs: number,
  everyMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return true;
}

/** Sends a signal; false when the process no longer exists. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Returns whether the pid is in use, even by a zombie. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function statFields(pid: number): { state: string; startTicks: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the name in parentheses, which may itself contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
