import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrow, SparseNumbers, Times } from './numbers.ts';

const whole = fc.oneof(
  fc.nat(300),
  fc.nat(70_000),
  fc.nat({ max: 2 ** 31 - 1 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
);
const columns = fc.array(whole, { maxLength: 200 }).map((all) => Float64Array.from(all));

test('narrow arrays hold the same numbers', () => {
  fc.assert(
    fc.property(columns, (values) => {
      expect([...narrow(values)]).toEqual([...values]);
    }),
  );
});

test.each([
  [255, 1],
  [256, 2],
  [65_535, 2],
  [65_536, 4],
  [2 ** 32 - 1, 4],
  [2 ** 32, 8],
])('a number of %d takes %d bytes', (value, bytes) => {
  expect(narrow(Float64Array.of(0, value)).byteLength).toBe(2 * bytes);
});

test('times are as they were, also years apart', () => {
  fc.assert(
    fc.property(columns, (values) => {
      const times = new Times(values.toSorted());
      expect(Array.from(values, (_, n) => times.get(n))).toEqual([...values.toSorted()]);
    }),
  );
});

test('times less than 49 days apart take little more than 4 bytes', () => {
  const hourly = Float64Array.from({ length: 1_000 }, (_, n) => 1.7e12 + n * 3_600_000);
  expect(new Times(hourly).bytes).toBe(4_000 + 16 * 8);
});

test('numbers of which most are 0 are as they were', () => {
  const sparse = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, whole));
  fc.assert(
    fc.property(sparse, (values) => {
      const numbers = new SparseNumbers(Float64Array.from(values));
      expect(values.map((_, n) => numbers.get(n))).toEqual(values);
    }),
  );
  expect(new SparseNumbers(new Float64Array(1_000)).bytes).toBe(0);
});
