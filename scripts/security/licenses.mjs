// npm run security: every package in the lock file has a license that is allowed here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.mjs';

/** Licenses (SPDX identifiers) that any package may have: their terms do not extend to our own code. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  // Of libvips in the prebuilt packages of sharp: a separate library, which is linked dynamically.
  'LGPL-3.0-or-later',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  // Fonts.
  'OFL-1.1',
]);
/** Licenses that packages which are not distributed may have as well. */
const ALLOWED_IN_DEVELOPMENT = new Set([...ALLOWED, 'MPL-2.0']);

/**
 * Packages whose license is not in the lock file, since they name it in a field that npm no longer reads or
 * only in their LICENSE or README. It has been read there.
 */
const READ_IN_PACKAGE = new Map([
  ['busboy@1.6.0', 'MIT'],
  ['humanize-number@0.0.2', 'MIT'],
  ['only@0.0.2', 'MIT'],
  ['streamsearch@1.1.0', 'MIT'],
]);

/**
 * Returns whether an SPDX expression can be satisfied with these licenses: one side of OR, both sides of
 * AND. An expression that cannot be read is not satisfied.
 * @param {string} expression
 * @param {ReadonlySet<string>} allowed
 */
function isSatisfied(expression, allowed) {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const term = () => {
    const token = tokens[at++];
    if (token === '(') {
      const inner = either();
      return tokens[at++] === ')' && inner;
    }
    if (token === undefined) return false;
    // An exception (GPL-2.0-only WITH …) only adds permissions, but is not evaluated here.
    return allowed.has(token) && tokens[at] !== 'WITH';
  };
  const both = () => {
    let result = term();
    while (tokens[at] === 'AND') {
      at++;
      result = term() && result;
    }
    return result;
  };
  const either = () => {
    let result = both();
    while (tokens[at] === 'OR') {
      at++;
      result = both() || result;
    }
    return result;
  };
  const result = either();
  return result && at === tokens.length;
}

/**
 * Returns the packages of a lock file (version 2 or 3) whose license is missing or not allowed, one line
 * for each, and the number of packages. Workspaces, which are our own, do not count.
 * @param {{ packages: Record<string, { version?: string, license?: unknown, dev?: boolean, link?: boolean }> }} lock
 */
export function checkLicenses(lock) {
  const problems = [];
  let checked = 0;
  for (const [path, { version, dev = false, link, ...stated }] of Object.entries(lock.packages)) {
    const start = path.lastIndexOf('node_modules/');
    if (start < 0 || link) continue;
    checked++;
    const name = `${path.slice(start + 'node_modules/'.length)}@${version}`;
    const license = stated.license ?? READ_IN_PACKAGE.get(name);
    if (typeof license !== 'string' || license.trim() === '') {
      problems.push(`${name} has no license`);
    } else if (!isSatisfied(license, dev ? ALLOWED_IN_DEVELOPMENT : ALLOWED)) {
      problems.push(`${name} has the license ${license}, which is not allowed`);
    }
  }
  return { problems, checked };
}

/** Checks the lock file of the repository. */
export function licenses() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { problems, checked } = checkLicenses(lock);
  return { problems, summary: `${checked} packages` };
}
