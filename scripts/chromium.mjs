// Finds the browser for the browser tests, and installs one where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installProgram, pathDirs, runs, versionOf } from './system-package.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const shellNames = ['chromium-headless-shell', 'chrome-headless-shell'];
const macApp = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Returns the path of a working Chromium: CHROMIUM_PATH, or an installed one; undefined without. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  const paths = names.flatMap((name) => pathDirs().map((dir) => join(dir, name)));
  return [...paths, macApp].find((path) => existsSync(path) && runs(path));
}

/**
 * Returns the path of the headless shell of this Chromium: the same engine without the windows around
 * it, which take a fifth of the processor time of the browser tests. It cannot show notifications.
 * Undefined unless one of exactly the same version is installed.
 */
export function findHeadlessShell(chromium) {
  const shells = shellNames.flatMap((name) => pathDirs().map((dir) => join(dir, name)));
  const installed = shells.filter(existsSync);
  if (installed.length === 0) return undefined;
  const version = numberOf(versionOf(chromium));
  if (version === undefined) return undefined;
  return installed.find((path) => numberOf(versionOf(path)) === version);
}

const numberOf = (text) => /\d+(\.\d+){3}/.exec(text ?? '')?.[0];

/**
 * Installs the headless shell of this Chromium where that is a matter of seconds: for root, if both are
 * packages of Debian. The tests do without it if that fails.
 */
export function ensureHeadlessShell(chromium) {
  if (findHeadlessShell(chromium) !== undefined || process.getuid?.() !== 0) return;
  const version = debianVersion('chromium');
  if (version === undefined) return;
  console.log('Installing the headless shell of Chromium for the browser tests (apt-get) …');
  const limits = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=15'];
  const apt = (...args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { env, stdio: 'ignore', timeout: 90_000 };
    return spawnSync('apt-get', [...limits, '--quiet', ...args], options).status === 0;
  };
  const install = () =>
    apt('install', '--yes', '--no-install-recommends', `chromium-headless-shell=${version}`);
  // The package lists may be outdated.
  if (!install() && apt('update')) install();
}

/** Returns the version of an installed Debian package. */
function debianVersion(name) {
  const options = { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' };
  const { status, stdout } = spawnSync('dpkg-query', ['--show', name], options);
  return status === 0 ? stdout.split('\t')[1]?.trim() : undefined;
}

/**
 * {@link findChromium}; where there is none, installs one with the system’s package manager if this
 * process may (root). Resolves with the path, or with the reason why there is none.
 */
export function ensureChromium() {
  const found = findChromium();
  if (found !== undefined) {
    if (runs(found)) return { path: found };
    return { reason: `CHROMIUM_PATH is ${found}, which does not start` };
  }
  return installProgram({
    what: 'Chromium',
    purpose: 'the browser tests',
    advice: 'install Chromium or set CHROMIUM_PATH',
    names: { all: 'chromium' },
    find: findChromium,
  });
}
