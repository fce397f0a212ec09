import { expect, test } from 'vitest';
import { parseDeletions } from './deletion-journal.ts';

test('the deletions that were stored are read again', () => {
  const one = { conversation: 'c', seq: 7, at: 1 };
  expect(parseDeletions(JSON.stringify([one]))).toEqual([one]);
});

test.each([null, '', '{', '7', '{}', '[null, {"conversation": "c"}, {"seq": 1}]'])(
  'nothing is read from %j',
  (text) => {
    expect(parseDeletions(text)).toEqual([]);
  },
);

test('no more than is kept is read', () => {
  const many = Array.from({ length: 500 }, (_, n) => ({ conversation: 'c', seq: n + 1, at: 1 }));
  expect(parseDeletions(JSON.stringify(many))).toHaveLength(200);
});
