import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { count, countText, seconds, Timestamp } from './bounds.ts';

describe('a time', () => {
  test.each([
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999Z',
    '9999-12-31T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '2026-02-29T00:00:00Z',
    '2026-01-01T00:00:00+01:00',
    '-000001-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
  ])('is not %s', (text) => {
    expect(Timestamp.safeParse(text).success).toBe(false);
  });

  test('is any time from 1970 to 9999', () => {
    expect(Timestamp.parse('1970-01-01T00:00:00Z')).toBe('1970-01-01T00:00:00Z');
    const moment = fc.date({
      min: new Date('1970-01-01T00:00:00.000Z'),
      max: new Date('9999-12-30T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, (date) => {
        expect(Timestamp.parse(date.toISOString())).toBe(date.toISOString());
      }),
    );
  });
});

describe('a count', () => {
  test('is an integer that the database can store', () => {
    for (const good of [0, 1, 2 ** 31, Number.MAX_SAFE_INTEGER])
      expect(count().parse(good)).toBe(good);
    for (const bad of [-1, 0.5, 2 ** 53, 1e308, Number.NaN, Number.POSITIVE_INFINITY, '1', null])
      expect(count().safeParse(bad).success, String(bad)).toBe(false);
  });

  test('stays within its bounds, also as text', () => {
    expect(count(1, 5).safeParse(6).success).toBe(false);
    expect(countText(1, 5).parse('5')).toBe(5);
    for (const bad of ['0', '6', '-1', '1.5', 'x', '1e400', '9007199254740992'])
      expect(countText(1, 5).safeParse(bad).success, bad).toBe(false);
  });
});

test('a wait in seconds is finite and not negative', () => {
  expect(seconds().parse(0.5)).toBe(0.5);
  for (const bad of [-1, Number.POSITIVE_INFINITY, Number.NaN])
    expect(seconds().safeParse(bad).success).toBe(false);
});
