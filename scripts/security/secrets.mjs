// npm run security: no tracked file contains a secret.
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run.mjs';

/**
 * Findings that are no secrets, such as a key that a test publishes. Each entry allows one kind of finding in
 * one file, and says why.
 * @type {readonly { path: string, kind: string, reason: string }[]}
 */
const ALLOWED = [];

/** Secrets that are recognized by their form. */
const FORMS = [
  ['private key', /-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY(?: BLOCK)?-----/],
  ['AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['GitHub token', /\b(?:gh[opsur]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})/],
  ['GitLab token', /\bglpat-[A-Za-z0-9_-]{20}/],
  ['Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10}/],
  ['Slack webhook', /\bhooks\.slack\.com\/services\/T[A-Z0-9]{6}/],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['Google API key', /\bAIza[A-Za-z0-9_-]{35}/],
  ['Stripe key', /\b[rs]k_live_[A-Za-z0-9]{20}/],
];

const NAME = '(?:secret|passw(?:or)?d|token|key|credential)[A-Za-z0-9_-]{0,20}';
const VALUE = '[A-Za-z0-9+/=_.~-]{20,500}';
/** A value in quotes that is assigned to a name such as `apiKey` or `SMTP_PASSWORD`. */
const QUOTED = new RegExp(`${NAME}["'\`]?\\s{0,4}[:=]\\s{0,4}["'\`](${VALUE})["'\`]`, 'gi');
/** The same without quotes, as in environment files and YAML: the value ends the line. */
const UNQUOTED = new RegExp(`${NAME}\\s{0,4}[:=]\\s{0,4}(${VALUE})\\s{0,4}$`, 'gi');
/** The password of a URL. */
const IN_URL = /\b[a-z]{2,12}:\/\/[^\s:/@"'`]{1,60}:([A-Za-z0-9+=_.~%-]{12,200})@/gi;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Bits per character above which a text counts as random: hex has at most 4, base64 at most 6. */
const RANDOM_BITS = 3.3;

/**
 * Returns the entropy of a text, in bits per character.
 * @param {string} text
 */
function entropyOf(text) {
  const counts = new Map();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/**
 * Returns whether a value looks generated: it mixes letters and digits, has high entropy, and is no UUID
 * (those are ids here). A name with a number at its end does not.
 * @param {string} value
 */
function isRandom(value) {
  if (UUID.test(value) || !/[A-Za-z]/.test(value)) return false;
  const changes = value.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  return changes >= 2 && entropyOf(value) >= RANDOM_BITS;
}

/**
 * Returns the secrets in a text, with their lines. The secrets themselves are not returned.
 * @param {string} text
 * @returns {{ line: number, kind: string }[]}
 */
export function secretsOf(text) {
  const found = [];
  for (const [index, line] of text.split('\n').entries()) {
    const kinds = FORMS.filter(([, form]) => form.test(line)).map(([kind]) => kind);
    const isAssigned = [QUOTED, UNQUOTED].some((form) =>
      [...line.matchAll(form)].some(([, value]) => isRandom(value)),
    );
    if (isAssigned) kinds.push('random value of a secret name');
    const isInUrl = [...line.matchAll(IN_URL)].some(([, value]) => isRandom(value));
    if (isInUrl) kinds.push('password in a URL');
    for (const kind of kinds) found.push({ line: index + 1, kind });
  }
  return found;
}

/**
 * Returns one line for each secret in these files that is not allowed, and for each entry of the allow
 * list that nothing needs.
 * @param {Iterable<{ path: string, text: string }>} files
 * @param {readonly { path: string, kind: string, reason: string }[]} allowed
 */
export function checkSecrets(files, allowed = ALLOWED) {
  const problems = [];
  const unused = new Set(allowed);
  let checked = 0;
  for (const { path, text } of files) {
    checked++;
    for (const { line, kind } of secretsOf(text)) {
      const entry = allowed.find((each) => each.path === path && each.kind === kind);
      if (entry) unused.delete(entry);
      else problems.push(`${path}:${line}: ${kind}`);
    }
  }
  for (const { path, kind } of unused) {
    problems.push(`${path}: the allow list has “${kind}”, which was not found`);
  }
  return { problems, checked };
}

/** Yields the tracked text files. */
function* trackedFiles() {
  const paths = execFileSync('git', ['ls-files', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const path of paths.split('\0')) {
    const file = join(root, path);
    // A file that was deleted but not yet removed from the index; and links, whose target is tracked itself.
    if (path === '' || !lstatSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const bytes = readFileSync(file);
    const isBinary = bytes.subarray(0, 8192).includes(0);
    if (!isBinary) yield { path, text: bytes.toString('utf8') };
  }
}

/** Checks all tracked files of the repository. */
export function secrets() {
  const { problems, checked } = checkSecrets(trackedFiles());
  return { problems, summary: `${checked} files` };
}
