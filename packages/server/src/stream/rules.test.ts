import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Statements that rules run: `tx.query` with a name and a text. */
const STATEMENT = /\btx\.query(?:<[^(]*>)?\(\s*'([^']+)',\s*(?:\/\/[^\n]*\s*)*[`']\s*([a-z]+)/g;

test('rules only read: what they change is in their decisions', () => {
  const verbs = new Map<string, string>();
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!/\.ts$/.test(file) || /\.test\.ts$/.test(file) || file.startsWith('stream')) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, name = '', verb = ''] of text.matchAll(STATEMENT)) verbs.set(name, verb);
    // Makes sure that the pattern matches every statement. A `listStatement` is passed on.
    const calls = text.match(/\btx\.query\b(?!(?:<[^(]*>)?\(name, text, values\))/g)?.length ?? 0;
    expect([file, [...text.matchAll(STATEMENT)].length]).toEqual([file, calls]);
  }
  expect(verbs.size).toBeGreaterThan(10);
  expect([...verbs].filter(([, verb]) => verb !== 'select')).toEqual([]);
});
