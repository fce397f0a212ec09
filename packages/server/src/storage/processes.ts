import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * What tells a process from all that had or will have its pid: when it began. On Linux the boot
 * and the clock tick in it, elsewhere the time as `ps` prints it. Undefined when no such process
 * runs (one that has ended and was not collected by its parent counts as not running).
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
    // ps ends with 1 when there is no such process.
    return undefined;
  }
}

/**
 * Whether the process is a PostgreSQL that works in this cluster folder (every PostgreSQL process
 * has its cluster as working directory). Where that cannot be read, the command line must name it.
 */
export async function worksInCluster(pid: number, clusterDir: string): Promise<boolean> {
  if ((await processIdentity(pid)) === undefined) return false;
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === clusterDir;
    } catch {
      // Gone, or another user's: in both cases not one we could have started.
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

/** The processes that work in this cluster folder (Linux; elsewhere none can be named). */
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

/** Waits until `condition` holds, asking every `everyMs`; false when `timeoutMs` went by. */
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

/** Sends a signal; false when there is no such process any more. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Whether the pid is taken, be it by a process that has ended and was not collected. */
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
  // The second field is the name in brackets and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
