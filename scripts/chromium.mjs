// Finds the browser for the browser tests, and installs one where that is allowed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installProgram, pathDirs, runs } from './system-package.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const macApp = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Returns the path of a working Chromium: CHROMIUM_PATH, or an installed one; undefined without. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  const paths = names.flatMap((name) => pathDirs().map((dir) => join(dir, name)));
  return [...paths, macApp].find((path) => existsSync(path) && runs(path));
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
