import { expect, test } from 'vitest';
import { Seq } from './ids.ts';
import { isSeq } from './seq.ts';

test.each([
  0,
  1,
  2 ** 53 - 1,
  -1,
  1.5,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '1',
  null,
  undefined,
])('a seq is what its schema accepts: %s', (value) => {
  expect(isSeq(value)).toBe(Seq.safeParse(value).success);
});
