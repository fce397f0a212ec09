import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** The imports of each file in this folder, of types too. */
const imports = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file): [string, string[]] => {
      const source = readFileSync(`${folder}${file}`, 'utf8');
      return [file, [...source.matchAll(/ from '([^']+)'/g)].map(([, path]) => path as string)];
    }),
);

/** Returns a path from a file back to itself, or null. */
function cycleThrough(file: string, path: readonly string[] = []): readonly string[] | null {
  const start = path.indexOf(file);
  if (start !== -1) return [...path.slice(start), file];
  for (const imported of imports.get(file) ?? []) {
    if (!imported.startsWith('./')) continue;
    const cycle = cycleThrough(imported.slice(2), [...path, file]);
    if (cycle) return cycle;
  }
  return null;
}

test('no file of this folder has a circular import', () => {
  expect(imports.size).toBeGreaterThan(10);
  expect([...imports.keys()].map((file) => cycleThrough(file)).filter(Boolean)).toEqual([]);
});

test('no file of this folder imports from http/', () => {
  expect([...imports.values()].flat().filter((path) => path.startsWith('../http/'))).toEqual([]);
});
