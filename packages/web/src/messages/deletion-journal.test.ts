import { ApiError } from '@parley/client';
import { expect, test } from 'vitest';
import { nextStep, parseDeletions } from './deletion-journal.ts';

test('stored deletions are restored', () => {
  const one = { conversation: 'c', seq: 7, at: 1 };
  expect(parseDeletions(JSON.stringify([one]))).toEqual([one]);
});

test.each([null, '', '{', '7', '{}', '[null, {"conversation": "c"}, {"seq": 1}]'])(
  'nothing is read from %j',
  (text) => {
    expect(parseDeletions(text)).toEqual([]);
  },
);

test('no more deletions are restored than are stored', () => {
  const many = Array.from({ length: 500 }, (_, n) => ({ conversation: 'c', seq: n + 1, at: 1 }));
  expect(parseDeletions(JSON.stringify(many))).toHaveLength(200);
});

const failing =
  (code: 'network' | 'conversation_not_found' | 'rate_limited', status: number) => () =>
    Promise.reject(new ApiError(code, 'refused', { status }));

test('a started deletion is sent if its message still exists', async () => {
  expect(await nextStep(async () => ({ deletedAt: null }))).toBe('send');
  expect(await nextStep(async () => ({ deletedAt: '2026-01-05T12:00:00.000Z' }))).toBe('drop');
});

test('a started deletion is dropped once its conversation can no longer be read', async () => {
  expect(await nextStep(failing('conversation_not_found', 404))).toBe('drop');
});

test('a started deletion waits while the server is unreachable', async () => {
  expect(await nextStep(failing('network', 0))).toBe('wait');
  expect(await nextStep(failing('rate_limited', 429))).toBe('wait');
});
