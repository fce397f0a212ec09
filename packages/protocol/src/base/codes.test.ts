import { expect, test } from 'vitest';
import { ERRORS } from './codes.ts';
import { isRetryable } from './retryable.ts';

test('a command is retried only after refusals that are not about the command itself', () => {
  expect(Object.keys(ERRORS).filter(isRetryable)).toEqual([
    'rate_limited',
    'overloaded',
    'unavailable',
    'files_unavailable',
    'disk_full',
    'outcome_unknown',
    'shutting_down',
  ]);
});

test.each(['network', 'a_later_code', 'toString', '__proto__'])(
  '%s, which is no code of this version, is not retryable',
  (code) => {
    expect(isRetryable(code)).toBe(false);
  },
);
