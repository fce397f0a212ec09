// Set-up of every test file: property tests generate the same values in every run, so that a finding
// is reproducible and never appears first in an unrelated change. `npm run explore` uses other seeds.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

const SEED = 20_250_301;

const { testPath } = expect.getState();
// Files without properties are spared the import.
if (testPath !== undefined && readFileSync(testPath, 'utf8').includes("from 'fast-check'")) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ seed: seedFrom(process.env.PARLEY_SEED) });
}

function seedFrom(text: string | undefined): number {
  if (text === undefined || text === '') return SEED;
  if (text === 'random') return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error(`PARLEY_SEED is not an integer: ${text}`);
  return seed;
}
