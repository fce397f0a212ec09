import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../runtime/log.ts';
import { NoEmbeddedDatabase } from './binaries.ts';
import { adoptCluster, type UsableRunAs } from './run-as.ts';
import { syncFolder } from './sync-folder.ts';

const run = promisify(execFile);

/** The database role of Parley in its embedded database. */
export const embeddedUser = 'parley';

/**
 * Creates the cluster folder if it does not exist, atomically: it is created under another name, synced
 * and renamed, so that an interruption leaves nothing incomplete.
 *
 * The authentication "trust" is safe here: the only entry point is a Unix socket inside the cluster
 * folder (or its own folder) with mode 0700. A user who can connect to the socket can also read the
 * database files.
 */
export async function ensureCluster(
  clusterDir: string,
  { runAs, binaries }: UsableRunAs,
  log: Logger,
): Promise<void> {
  if (existsSync(clusterDir)) {
    adoptCluster(clusterDir, runAs, log);
    // An empty folder may be the mount point of a volume, or created by hand.
    if (readdirSync(clusterDir).length > 0) return refuseOther(clusterDir, binaries.version);
  }
  const parent = dirname(clusterDir);
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${basename(clusterDir)}.new-`)) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
  const draft = `${clusterDir}.new-${process.pid}`;
  mkdirSync(draft, { mode: 0o700 });
  adoptCluster(draft, runAs, log);

  const initdb = (args: string[]) => {
    const {
      command,
      args: all,
      options,
    } = runAs.invoke(join(binaries.root, 'bin', 'initdb'), [`--pgdata=${draft}`, ...args]);
    return run(command, all, { ...options, cwd: draft, timeout: 120_000 });
  };
  await initdb([
    `--username=${embeddedUser}`,
    '--auth=trust',
    '--encoding=UTF8',
    // Sorts by code point, the same on every machine and in every later version, with case mapping
    // for all scripts. Queries for lists that are shown to users sort by language rules.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    // Given explicitly, so that initdb does not probe the limits of this machine.
    '--set=max_connections=50',
    '--set=shared_buffers=64MB',
    '--no-instructions',
    '--no-sync',
  ]);
  await initdb(['--sync-only']);
  renameSync(draft, clusterDir);
  syncFolder(parent);
  log.info({ clusterDir }, 'embedded database created');
}

function refuseOther(clusterDir: string, version: string): void {
  const file = join(clusterDir, 'PG_VERSION');
  if (!existsSync(file)) {
    throw new NoEmbeddedDatabase(
      `${clusterDir} is neither empty nor a PostgreSQL database. Move its contents elsewhere, or set PARLEY_DATA to another folder.`,
    );
  }
  const made = readFileSync(file, 'utf8').trim();
  const [major] = version.split('.');
  if (made !== major) {
    throw new NoEmbeddedDatabase(
      `${clusterDir} was created by PostgreSQL ${made}, and this version of Parley includes PostgreSQL ${major}.`,
    );
  }
}
