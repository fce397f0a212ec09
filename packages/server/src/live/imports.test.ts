import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('.', import.meta.url);

/** The files that this folder imports from http/, types included. */
const importsOfHttp = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .flatMap((file) => [
    ...readFileSync(new URL(file, folder), 'utf8').matchAll(/ from '(\.\.\/http\/[^']+)'/g),
  ])
  .map(([, path]) => path);

test('the folder imports from http/ only what refuses an upgrade', () => {
  expect([...new Set(importsOfHttp)]).toEqual(['../http/problem.ts', '../http/several-hosts.ts']);
});
