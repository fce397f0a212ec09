// Checks every regular expression of the sources for super-linear matching time (ReDoS).
// Usage: node scripts/check-patterns.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import recheck from 'recheck';
import { parseAst } from 'rolldown/parseAst';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Time limit for one pattern, ms; far more than any needs on a busy machine. */
const TIMEOUT_MS = 60_000;

/**
 * A regular expression of a source file.
 * @typedef {{ source: string, flags: string, file: string, line: number }} Pattern
 */

/**
 * Returns the regular expressions of a source text: literals, and RegExp() of a constant string.
 * RegExp() of anything else is returned with `source: null`, since it cannot be checked.
 * @param {string} text
 * @param {string} file
 * @returns {(Pattern | { source: null, flags: '', file: string, line: number })[]}
 */
export function patternsOf(text, file) {
  const found = [];
  const lineOf = (/** @type {number} */ at) => text.slice(0, at).split('\n').length;
  /** @param {any} node */
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) {
      for (const child of node) visit(child);
      return;
    }
    if (node.type === 'Literal' && node.regex) {
      const { pattern: source, flags } = node.regex;
      found.push({ source, flags, file, line: lineOf(node.start) });
    }
    const isCall = node.type === 'NewExpression' || node.type === 'CallExpression';
    if (isCall && node.callee.name === 'RegExp') {
      const [source, flags] = node.arguments;
      const isConstant = source?.type === 'Literal' && typeof source.value === 'string';
      if (isConstant) {
        const flagText = typeof flags?.value === 'string' ? flags.value : '';
        found.push({ source: source.value, flags: flagText, file, line: lineOf(node.start) });
      } else if (!source?.regex)
        found.push({ source: null, flags: '', file, line: lineOf(node.start) });
    }
    for (const key of Object.keys(node)) visit(node[key]);
  };
  visit(parseAst(text, { lang: file.endsWith('x') ? 'tsx' : 'ts' }));
  return found;
}

/** Returns the regular expressions of all packages, without their tests. */
export function patternsOfPackages() {
  const found = [];
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name, 'src');
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || /\.test\.tsx?$/.test(entry.name))
        continue;
      const path = join(entry.parentPath, entry.name);
      found.push(...patternsOf(readFileSync(path, 'utf8'), relative(root, path)));
    }
  }
  return found;
}

/**
 * Returns what is wrong with a pattern, or null: the time that its match takes must grow linearly
 * with the text.
 * @param {Pattern} pattern
 */
export async function problemOf({ source, flags }) {
  const result = await recheck.check(source, flags, { timeout: TIMEOUT_MS });
  if (result.status === 'safe') return null;
  if (result.status === 'unknown') return `could not be decided: ${result.error.kind}`;
  return `${result.complexity.summary}, for example on ${result.attack.pattern}`;
}

/** Checks all packages; returns one line for each problem. */
export async function checkPackages() {
  const problems = [];
  const checked = new Map();
  for (const pattern of patternsOfPackages()) {
    const { source, flags, file, line } = pattern;
    if (source === null) continue;
    const key = `/${source}/${flags}`;
    if (!checked.has(key)) checked.set(key, await problemOf(pattern));
    const problem = checked.get(key);
    if (problem !== null) problems.push(`${file}:${line}: ${key} is ${problem}`);
  }
  return { problems, checked: checked.size };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { problems, checked } = await checkPackages();
  for (const problem of problems) console.error(problem);
  console.log(`${checked} patterns checked, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
