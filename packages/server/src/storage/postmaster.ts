import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fchownSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Logger } from '../runtime/log.ts';
import { exists, processesInCluster, signal, waitUntil, worksInCluster } from './processes.ts';
import type { UsableRunAs } from './run-as.ts';
import { boundToParent, Watchdog } from './watchdog.ts';

/** The paths of a cluster, its socket and its log. */
export type ClusterPaths = { clusterDir: string; socketDir: string; logFile: string };

/** The port number in the name of the socket (`.s.PGSQL.5432`); no TCP port is opened. */
export const socketPort = 5432;

// Given on the command line, which overrides every configuration file.
const durability = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

// For a chat server on a small shared machine: low memory use when idle, no unused background
// processes. Larger installations run their own PostgreSQL and set DATABASE_URL.
const tuning = {
  listen_addresses: '',
  max_connections: '50',
  shared_buffers: '64MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '512MB',
  wal_buffers: '4MB',
  jit: 'off',
  io_method: 'sync',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  max_worker_processes: '2',
  max_logical_replication_workers: '0',
  max_wal_senders: '0',
  autovacuum_max_workers: '2',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
};

/** A running PostgreSQL process. */
export type Postmaster = {
  pid: number;
  /** Settles when the process has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Fast shutdown; immediate shutdown after `graceMs` (no data is lost, the next start recovers). */
  stop(graceMs: number): Promise<void>;
};

/**
 * Starts PostgreSQL and waits until it accepts connections, for at most `timeoutMs`: after a crash it
 * replays its WAL first, and processes of the crashed server may still be ending.
 */
export async function startPostmaster(
  paths: ClusterPaths,
  found: UsableRunAs,
  log: Logger,
  { timeoutMs = 120_000, signal: abort }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Postmaster> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const logBefore = statSync(paths.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const postmaster = launch(paths, found);
    let ended = false;
    const end = postmaster.ended.finally(() => {
      ended = true;
    });
    const left = Math.max(0, deadline - performance.now());
    const outcome = await Promise.race([
      waitUntil(() => ended || abort?.aborted || isReady(paths, postmaster.pid), left, 10),
      end.then(() => 'ended' as const),
    ]);
    if (abort?.aborted) {
      await postmaster.stop(15_000);
      throw new Error('stopped while the embedded PostgreSQL was starting');
    }
    if (outcome === true && !ended) return postmaster;
    if (outcome === false) await postmaster.stop(1_000);
    const tail = lastLines(paths.logFile, logBefore);
    // A backend of the crashed postmaster is still running; it ends within moments.
    const passing =
      tail.includes('pre-existing shared memory block') ||
      /lock file "[^"\n]*" already exists/.test(tail);
    if (outcome === false || !passing || performance.now() > deadline) {
      const what = outcome ? 'ended while starting' : `was not ready within ${timeoutMs / 1000} s`;
      throw new Error(
        `The embedded PostgreSQL ${what}. The end of its log (${paths.logFile}):\n${tail}`,
      );
    }
    log.warn({ tail }, 'embedded PostgreSQL not started, retrying');
    await clearLeftovers(paths, log);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * Stops what an earlier server left running on this cluster, and nothing else: only a process that
 * `postmaster.pid` names and whose working directory is this cluster. The caller holds the lock of
 * the data folder, so no running server uses it.
 */
export async function clearLeftovers(
  { clusterDir, socketDir }: ClusterPaths,
  log: Logger,
): Promise<void> {
  const pidFile = join(clusterDir, 'postmaster.pid');
  const socketLock = join(socketDir, `.s.PGSQL.${socketPort}.lock`);
  if (!existsSync(pidFile) && !existsSync(socketLock)) return;
  // A power failure can leave the files empty or damaged: they then name no process.
  const pid = namedPid(pidFile);
  if (pid !== undefined && (await worksInCluster(pid, clusterDir))) {
    log.warn({ pid }, 'stopping the database of an earlier server');
    const gone = async () => !(await worksInCluster(pid, clusterDir));
    for (const [name, ms] of [
      ['SIGINT', 30_000],
      ['SIGQUIT', 10_000],
      ['SIGKILL', 5_000],
    ] as const) {
      if (!signal(pid, name) || (await waitUntil(gone, ms))) break;
    }
    if (!(await gone()))
      throw new Error(`The database process ${pid} on ${clusterDir} cannot be stopped`);
  }
  // Backends of a killed postmaster end on their own as soon as they notice.
  const none = async () => (await processesInCluster(clusterDir)).length === 0;
  if (!(await waitUntil(none, 30_000, 50))) {
    throw new Error(
      `Database processes of an earlier server are still running on ${clusterDir}: ` +
        `${(await processesInCluster(clusterDir)).join(', ')}`,
    );
  }
  // The pid in the files of a crashed server may have been reused by an unrelated process (or be that
  // of a zombie), which PostgreSQL would mistake for its predecessor; and it refuses to start with
  // damaged files. The files are removed only if no process is left.
  const misleads = pid === undefined || exists(pid);
  if (process.platform === 'linux' && namedPid(pidFile) === pid && misleads) {
    rmSync(join(socketDir, `.s.PGSQL.${socketPort}`), { force: true });
    rmSync(socketLock, { force: true });
    rmSync(pidFile, { force: true });
  }
}

function launch(paths: ClusterPaths, usable: UsableRunAs): Postmaster {
  const child = spawnPostgres(paths, usable);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
    (resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, name) => resolve({ code, signal: name }));
    },
  );
  // Callers that await it get the error; nothing may be awaiting it yet.
  ended.catch(() => undefined);
  const pid = child.pid;
  if (pid === undefined) {
    return { pid: 0, ended, stop: () => Promise.resolve() };
  }
  const watchdog = new Watchdog(pid, paths.clusterDir);
  const settled = ended.then(() => watchdog.dismiss());
  return {
    pid,
    ended,
    stop: async (graceMs) => {
      for (const [name, ms] of [
        ['SIGINT', graceMs],
        ['SIGQUIT', 5_000],
        ['SIGKILL', 5_000],
      ] as const) {
        child.kill(name);
        const timer = new AbortController();
        const late = timeout(ms, timer.signal);
        if (await Promise.race([settled.then(() => true), late])) {
          timer.abort();
          return;
        }
      }
      throw new Error(`The embedded PostgreSQL (pid ${pid}) cannot be stopped`);
    },
  };
}

/** Starts the program, bound to this process: it ends with it. */
function spawnPostgres(paths: ClusterPaths, { runAs, binaries }: UsableRunAs): ChildProcess {
  keepLogSmall(paths.logFile);
  const settings = {
    ...tuning,
    ...durability,
    unix_socket_directories: paths.socketDir,
    unix_socket_permissions: '0700',
    port: String(socketPort),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [program, all] = boundToParent(join(binaries.root, 'bin', 'postgres'), [
    '-D',
    paths.clusterDir,
    ...args,
  ]);
  const { command, args: wrapped, options } = runAs.invoke(program, all);
  const logFd = openSync(paths.logFile, 'a', 0o600);
  if (process.getuid?.() === 0) {
    // Root may have started Parley once in the folder of an ordinary user.
    const folder = statSync(dirname(paths.logFile));
    fchownSync(logFd, folder.uid, folder.gid);
  }
  try {
    return spawn(command, wrapped, {
      ...options,
      cwd: paths.clusterDir,
      // In its own session: Ctrl-C reaches only the server, which drains and then stops the database.
      detached: true,
      stdio: ['ignore', logFd, logFd],
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    });
  } finally {
    closeSync(logFd);
  }
}

function timeout(ms: number, abort: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    abort.addEventListener('abort', () => clearTimeout(timer));
  });
}

/** Returns whether it accepts connections: line 8 of postmaster.pid contains its state. */
function isReady(paths: ClusterPaths, pid: number): boolean {
  try {
    const lines = readFileSync(join(paths.clusterDir, 'postmaster.pid'), 'utf8').split('\n');
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/** Returns the socket folder of the PostgreSQL on this cluster; undefined until it is ready. */
export function socketDirOf(clusterDir: string): string | undefined {
  const pidFile = join(clusterDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  return lines[7]?.trim() === 'ready' ? lines[4] : undefined;
}

function namedPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function keepLogSmall(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 10 * 1024 * 1024) renameSync(logFile, `${logFile}.1`);
}

function lastLines(logFile: string, from: number): string {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const log =
    size === 0
      ? ''
      : readFileSync(logFile)
          .subarray(size >= from ? from : 0)
          .toString();
  return log.trimEnd().split('\n').slice(-12).join('\n') || '(empty)';
}
