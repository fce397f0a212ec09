// Finds the browser of the browser tests, and installs one where that may be done.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const macApp = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** The path of a Chromium that runs: CHROMIUM_PATH, or an installed one; undefined without. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  const dirs = (process.env.PATH ?? '').split(delimiter);
  const paths = names.flatMap((name) => dirs.map((dir) => join(dir, name)));
  return [...paths, macApp].find((path) => existsSync(path) && runs(path));
}

/**
 * {@link findChromium}, and where there is none: installs it by the system's package manager, if
 * this process may (root). Resolves to the path, or to the reason why there is none.
 */
export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) {
    if (runs(found)) return { path: found };
    return { reason: `CHROMIUM_PATH names ${found}, which does not run` };
  }
  const manager = managers.find(({ command }) => onPath(command));
  const advice = 'install Chromium or set CHROMIUM_PATH';
  if (manager === undefined) return { reason: `no Chromium is installed: ${advice}` };
  if (process.getuid?.() !== 0) {
    return { reason: `no Chromium is installed, and only root may install it: ${advice}` };
  }
  console.log(`Installing Chromium for the browser tests (${manager.command}) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of manager.steps) {
    const { status } = spawnSync(manager.command, args, {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 10 * 60_000,
    });
    const path = status === 0 ? findChromium() : undefined;
    if (path !== undefined) return { path };
  }
  return { reason: `${manager.command} could not install a Chromium that runs: ${advice}` };
}

// One step after the other until a Chromium runs: the lists of packages may be old.
const aptInstall = ['install', '--yes', '--quiet', '--no-install-recommends', 'chromium'];
const managers = [
  { command: 'apt-get', steps: [aptInstall, ['update', '--quiet'], aptInstall] },
  { command: 'apk', steps: [['add', '--no-cache', 'chromium']] },
  { command: 'dnf', steps: [['install', '--assumeyes', '--quiet', 'chromium']] },
];

function runs(path) {
  try {
    execFileSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

function onPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, command)));
}
