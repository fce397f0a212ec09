import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('../packages/server/src/storage/migrations/', import.meta.url);

test('migrations are numbered without a gap, and no number is used twice', () => {
  const numbers = readdirSync(folder)
    .sort()
    .map((name) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_number, index) => index + 1));
});
