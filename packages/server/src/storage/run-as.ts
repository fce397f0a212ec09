import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../log.ts';
import { type Binaries, NoEmbeddedDatabase } from './binaries.ts';

const run = promisify(execFile);

/** How a program is started: the arguments of `spawn`. */
export type Invocation = {
  command: string;
  args: string[];
  options: { uid?: number; gid?: number };
};

/**
 * A way to run PostgreSQL, which refuses to run as root.
 *
 * - `direct`: as this process's user.
 * - `namespace`: in a user namespace where this process's user has the number of another one.
 *   Files stay those of this process's user, so it works below a 0700 home folder too.
 * - `uid`: as another, unprivileged user, who must be able to reach programs and data.
 */
export type RunAs = {
  kind: 'direct' | 'namespace' | 'uid';
  /** For messages: `as user 33`. */
  description: string;
  /** Whom the cluster's files must belong to. */
  owner: { uid: number; gid: number };
  invoke(program: string, args: readonly string[]): Invocation;
};

/** A way that works here, with the programs it can reach. */
export type UsableRunAs = { way: RunAs; binaries: Binaries };

/**
 * Finds a way that works here, by trying it on `postgres --version`.
 *
 * As root: the namespace, then another user. A cluster that already belongs to an ordinary user
 * (made by a start without root) is first tried as that user, so that it stays theirs.
 */
export async function findRunAs(
  binaries: Binaries,
  dataDir: string,
  clusterDir: string,
  log: Logger,
): Promise<UsableRunAs> {
  const failures: string[] = [];
  for (const way of candidates(clusterDir)) {
    try {
      return { way, binaries: await tryRunAs(way, binaries, dataDir) };
    } catch (error) {
      failures.push(`${way.description}: ${reason(error)}`);
      log.debug({ way: way.description, err: error }, 'PostgreSQL not runnable this way');
    }
  }
  throw new NoEmbeddedDatabase(
    'The embedded PostgreSQL cannot be started' +
      `${isRoot() ? ' by root (PostgreSQL refuses to run as root)' : ''}. Tried:\n` +
      failures.map((line) => `  - ${line}\n`).join('') +
      (isRoot() ? 'Start Parley as an ordinary user' : 'Fix the problem above') +
      ', or set DATABASE_URL to a PostgreSQL server.',
  );
}

/**
 * Makes the files of the cluster belong to the user this way needs.
 *
 * @throws if they belong to another user and this process may not change that
 */
export function adoptCluster(clusterDir: string, way: RunAs, log: Logger): void {
  const { uid } = statSync(clusterDir);
  if (uid === way.owner.uid) return;
  if (!isRoot()) {
    throw new NoEmbeddedDatabase(
      `${clusterDir} belongs to user ${uid}, and this process runs as user ${process.getuid?.()}. ` +
        `Start Parley as user ${uid}, or give the folder to this one: ` +
        `chown -R ${process.getuid?.()} ${clusterDir}`,
    );
  }
  log.warn({ clusterDir, from: uid, to: way.owner.uid }, 'owner of the database files changed');
  changeOwner(clusterDir, way.owner);
}

function candidates(clusterDir: string): RunAs[] {
  if (!isRoot()) {
    // initdb wants to know the name of its user; one without an entry in /etc/passwd (a container
    // started with a bare number) gets one in a namespace.
    return hasName() ? [direct(), ...namespaces()] : [...namespaces(), direct()];
  }
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) {
    return [asUser(owner.uid, owner.gid), ...namespaces()];
  }
  const user = unprivilegedUsers()[0];
  return [...namespaces(), ...(user === undefined ? [] : [asUser(user.uid, user.gid)])];
}

function direct(): RunAs {
  return {
    kind: 'direct',
    description: 'as this user',
    owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    invoke: (command, args) => ({ command, args: [...args], options: {} }),
  };
}

function namespaces(): RunAs[] {
  const user = unprivilegedUsers()[0];
  if (process.platform !== 'linux' || user === undefined) return [];
  const map = ['--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--'];
  return [
    {
      kind: 'namespace',
      description: `in a user namespace, as user ${user.uid} (unshare ${map.slice(0, 3).join(' ')})`,
      owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      // unshare does not fork: the process it becomes keeps its pid, which we signal.
      invoke: (program, args) => ({
        command: 'unshare',
        args: [...map, program, ...args],
        options: {},
      }),
    },
  ];
}

/** The way `uid`; exported for its test. */
export function asUser(uid: number, gid: number): RunAs {
  return {
    kind: 'uid',
    description: `as user ${uid}`,
    owner: { uid, gid },
    invoke: (command, args) => ({ command, args: [...args], options: { uid, gid } }),
  };
}

/** Tries a way; returns the programs it can reach (a copy, if need be). */
export async function tryRunAs(way: RunAs, binaries: Binaries, dataDir: string): Promise<Binaries> {
  if (way.kind !== 'uid') {
    await runBy(way, postgresOf(binaries), ['--version']);
    return binaries;
  }
  // The data folder is ours alone, but the other user must be able to pass through it.
  chmodSync(dataDir, statSync(dataDir).mode | 0o011);
  await runBy(way, '/bin/sh', ['-c', 'cd "$1"', 'sh', dataDir]);
  try {
    await runBy(way, postgresOf(binaries), ['--version']);
    return binaries;
  } catch {
    // The usual reason: the programs are below a home folder with mode 0700.
    const copy = { ...binaries, root: copyBinaries(binaries, dataDir) };
    await runBy(way, postgresOf(copy), ['--version']);
    return copy;
  }
}

function postgresOf(binaries: Binaries): string {
  return join(binaries.root, 'bin', 'postgres');
}

async function runBy(way: RunAs, program: string, args: readonly string[]): Promise<void> {
  const { command, args: all, options } = way.invoke(program, args);
  // Not from our working directory, which the other user may not be allowed to be in.
  await run(command, all, { ...options, cwd: '/', timeout: 20_000 });
}

function copyBinaries(binaries: Binaries, dataDir: string): string {
  const copy = join(dataDir, `postgres-programs-${binaries.version}`);
  if (statSync(copy, { throwIfNoEntry: false }) === undefined) {
    const draft = `${copy}.${process.pid}`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(binaries.root, draft, { recursive: true, verbatimSymlinks: true });
    chmodSync(draft, 0o755);
    renameSync(draft, copy);
  }
  return copy;
}

function changeOwner(path: string, owner: { uid: number; gid: number }): void {
  lchownSync(path, owner.uid, owner.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) changeOwner(join(path, name), owner);
}

/** Returns the users of this machine except root, the most suitable first. */
function unprivilegedUsers(): { uid: number; gid: number }[] {
  let text: string;
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return [];
  }
  const users = text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || !/^[1-9]\d*$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
  const rank = (name: string) => {
    const index = ['postgres', 'nobody', 'daemon'].indexOf(name);
    return index === -1 ? 3 : index;
  };
  return users.sort((a, b) => rank(a.name) - rank(b.name));
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').slice(0, 3).join(' ');
}
