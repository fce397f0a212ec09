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
import type { Logger } from '../runtime/log.ts';
import { type Binaries, NoEmbeddedDatabase } from './binaries.ts';

const run = promisify(execFile);

/** The arguments of `spawn` that start a program. */
export type Invocation = {
  command: string;
  args: string[];
  options: { uid?: number; gid?: number };
};

/**
 * The user that PostgreSQL runs as, since it refuses to run as root.
 *
 * - `direct`: the user of this process.
 * - `namespace`: the user of this process, mapped to another uid in a user namespace. Files keep
 *   their owner, so this works below a home folder with mode 0700 too.
 * - `uid`: another, unprivileged user, who must be able to access programs and data.
 */
export type RunAs = {
  kind: 'direct' | 'namespace' | 'uid';
  /** For error messages: `as user 33`. */
  description: string;
  /** The required owner of the cluster's files. */
  owner: { uid: number; gid: number };
  invoke(program: string, args: readonly string[]): Invocation;
};

/** A user that PostgreSQL can run as here, with the programs that the user can access. */
export type UsableRunAs = { runAs: RunAs; binaries: Binaries };

/**
 * Finds a user that PostgreSQL can run as, by running `postgres --version`.
 *
 * For root: the namespace, then another user. If the cluster already belongs to an ordinary user
 * (after a start without root), that user is tried first, so that the owner does not change.
 */
export async function findRunAs(
  binaries: Binaries,
  dataDir: string,
  clusterDir: string,
  log: Logger,
): Promise<UsableRunAs> {
  const failures: string[] = [];
  for (const runAs of candidates(clusterDir)) {
    try {
      return { runAs, binaries: await tryRunAs(runAs, binaries, dataDir) };
    } catch (error) {
      failures.push(`${runAs.description}: ${reason(error)}`);
      log.debug({ runAs: runAs.description, err: error }, 'PostgreSQL cannot run as this user');
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
 * Changes the owner of the cluster's files to the required one.
 *
 * @throws if they belong to another user and this process is not allowed to change that
 */
export function adoptCluster(clusterDir: string, runAs: RunAs, log: Logger): void {
  const { uid } = statSync(clusterDir);
  if (uid === runAs.owner.uid) return;
  if (!isRoot()) {
    throw new NoEmbeddedDatabase(
      `${clusterDir} belongs to user ${uid}, and this process runs as user ${process.getuid?.()}. ` +
        `Start Parley as user ${uid}, or change the owner of the folder: ` +
        `chown -R ${process.getuid?.()} ${clusterDir}`,
    );
  }
  log.warn({ clusterDir, from: uid, to: runAs.owner.uid }, 'owner of the database files changed');
  changeOwner(clusterDir, runAs.owner);
}

function candidates(clusterDir: string): RunAs[] {
  if (!isRoot()) {
    // initdb needs the name of its user. A uid without an entry in /etc/passwd (a container started
    // with a number) gets a name in a namespace.
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
      // unshare calls exec without fork: the pid, which is signaled later, stays the same.
      invoke: (program, args) => ({
        command: 'unshare',
        args: [...map, program, ...args],
        options: {},
      }),
    },
  ];
}

/** Returns the kind `uid`; exported for its test. */
export function asUser(uid: number, gid: number): RunAs {
  return {
    kind: 'uid',
    description: `as user ${uid}`,
    owner: { uid, gid },
    invoke: (command, args) => ({ command, args: [...args], options: { uid, gid } }),
  };
}

/** Tries to run PostgreSQL; returns the programs that the user can access, a copy if necessary. */
export async function tryRunAs(
  runAs: RunAs,
  binaries: Binaries,
  dataDir: string,
): Promise<Binaries> {
  if (runAs.kind !== 'uid') {
    await runBy(runAs, postgresOf(binaries), ['--version']);
    return binaries;
  }
  // The data folder is accessible to its owner only, but the other user must be able to enter it.
  chmodSync(dataDir, statSync(dataDir).mode | 0o011);
  await runBy(runAs, '/bin/sh', ['-c', 'cd "$1"', 'sh', dataDir]);
  try {
    await runBy(runAs, postgresOf(binaries), ['--version']);
    return binaries;
  } catch {
    // Usually because the programs are below a home folder with mode 0700.
    const copy = { ...binaries, root: copyBinaries(binaries, dataDir) };
    await runBy(runAs, postgresOf(copy), ['--version']);
    return copy;
  }
}

function postgresOf(binaries: Binaries): string {
  return join(binaries.root, 'bin', 'postgres');
}

async function runBy(runAs: RunAs, program: string, args: readonly string[]): Promise<void> {
  const { command, args: all, options } = runAs.invoke(program, args);
  // Not in the current working directory, which the other user may not be able to access.
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
