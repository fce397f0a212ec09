import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PLANTED_FAULTS } from './planted-faults.ts';

const DIST = new URL('../../../packages/server/dist/', import.meta.url);

test.each(
  Object.entries(PLANTED_FAULTS).flatMap(([name, { edits = [] }]) =>
    edits.map((edit) => ({ name, ...edit })),
  ),
)('the planted fault $name applies to the built $file', ({ file, find }) => {
  const source = readFileSync(new URL(file, DIST), 'utf8');
  expect(source.split(find).length - 1, find).toBe(1);
});
