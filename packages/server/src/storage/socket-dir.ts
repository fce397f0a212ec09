import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from '../runtime/log.ts';
import { socketPort } from './postmaster.ts';
import type { RunAs } from './run-as.ts';

// The kernel's limit for the path of a Unix socket, without the terminating NUL: 107 bytes on
// Linux, 103 on macOS.
const longestSocketPath = process.platform === 'linux' ? 107 : 103;

/**
 * Returns the folder for the socket: the cluster folder itself, which only its owner can enter. If
 * that path is too long, or its file system has no Unix sockets, a folder with the same mode below the
 * system's temporary folder, named after a hash of the path so that the next start finds it again.
 */
export async function chooseSocketDir(
  clusterDir: string,
  runAs: RunAs,
  log: Logger,
): Promise<string> {
  if (fits(clusterDir)) {
    const why = await whyNoSockets(existsSync(clusterDir) ? clusterDir : dirname(clusterDir));
    if (why === null) return clusterDir;
    log.info({ clusterDir, why }, 'no Unix sockets on this file system, using another folder');
  }
  const name = `parley-${createHash('sha256').update(clusterDir).digest('hex').slice(0, 16)}`;
  const reasons: string[] = [];
  for (const base of new Set([tmpdir(), '/tmp', '/run', '/dev/shm'])) {
    if (!existsSync(base) || !fits(join(base, name))) continue;
    const why = await whyNoSockets(base);
    if (why === null) return ownFolder(base, name, runAs);
    reasons.push(`${base}: ${why}`);
  }
  throw new Error(
    `No folder can hold the socket of the embedded database: the path ${clusterDir} is too long, or ` +
      `its file system does not support Unix sockets, and no temporary folder works either (${reasons.join('; ')}). ` +
      'Set TMPDIR to a folder on a local disk, or DATABASE_URL to a PostgreSQL server.',
  );
}

function ownFolder(base: string, name: string, runAs: RunAs): string {
  let dir = join(base, name);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const there = lstatSync(dir);
    const ours = there.isDirectory() && [runAs.owner.uid, process.getuid?.()].includes(there.uid);
    // It belongs to another user: use an unguessable name instead.
    if (!ours) dir = mkdtempSync(join(base, 'parley-'));
  }
  chmodSync(dir, 0o700);
  if (process.getuid?.() === 0) chownSync(dir, runAs.owner.uid, runAs.owner.gid);
  return dir;
}

/** Tries to listen on a Unix socket in a folder; returns why that does not work, or null. */
async function whyNoSockets(dir: string): Promise<string | null> {
  const path = join(dir, `.parley-${process.pid}`);
  // Left over if the process was killed here.
  rmSync(path, { force: true });
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    // Closing removes the socket.
    await new Promise((resolve) => server.close(resolve));
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

function fits(dir: string): boolean {
  return Buffer.byteLength(join(dir, `.s.PGSQL.${socketPort}.lock`)) <= longestSocketPath;
}
