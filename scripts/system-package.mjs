// Installs a program with the system’s package manager, where this process may.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Installs a package until `find` finds the program. `names` are the package’s names, by manager or
 * for all. Returns `{ path }` (the result of `find`), or `{ reason }`: why there is none.
 */
export function installProgram({ what, purpose, advice, names, find }) {
  const manager = managers.find(({ command }) => onPath(command));
  if (manager === undefined) return { reason: `${what} is not installed: ${advice}` };
  if (process.getuid?.() !== 0) {
    return { reason: `${what} is not installed, and only root can install it: ${advice}` };
  }
  console.log(`Installing ${what} for ${purpose} (${manager.command}) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of manager.steps(names[manager.command] ?? names.all)) {
    const { status } = spawnSync(manager.command, args, {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 10 * 60_000,
    });
    const path = status === 0 ? find() : undefined;
    if (path !== undefined) return { path };
  }
  return { reason: `${manager.command} could not install a working ${what}: ${advice}` };
}

// One step after the other until the program runs: the package lists may be outdated.
const aptInstall = (name) => ['install', '--yes', '--quiet', '--no-install-recommends', name];
const managers = [
  {
    command: 'apt-get',
    steps: (name) => [aptInstall(name), ['update', '--quiet'], aptInstall(name)],
  },
  { command: 'apk', steps: (name) => [['add', '--no-cache', name]] },
  { command: 'dnf', steps: (name) => [['install', '--assumeyes', '--quiet', name]] },
];

/** Returns whether the program at `path` answers to --version. */
export const runs = (path) => versionOf(path) !== undefined;

/** Returns what the program at `path` answers to --version; undefined if it does not start. */
export function versionOf(path) {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'];
    return execFileSync(path, ['--version'], { stdio, timeout: 30_000, encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

/** Returns the folders of PATH. */
export const pathDirs = () => (process.env.PATH ?? '').split(delimiter);

function onPath(command) {
  return pathDirs().some((dir) => existsSync(join(dir, command)));
}
