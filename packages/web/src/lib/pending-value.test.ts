import { expect, test } from 'vitest';
import { isOver } from './pending-value.ts';

test.each([
  ['while the request is in flight', { value: 'b' }, 'a', false],
  ['when it is saved', { value: 'b' }, 'b', true],
  ['when another value is saved while the request is in flight', { value: 'b' }, 'c', false],
  ['after the answer, before the event', { value: 'b', answeredAt: { saved: 'a' } }, 'a', false],
  ['after the event', { value: 'b', answeredAt: { saved: 'a' } }, 'b', true],
  ['when another value is saved after it', { value: 'b', answeredAt: { saved: 'a' } }, 'c', true],
])('a chosen value %s', (_when, pending, saved, over) => {
  expect(isOver(pending, saved)).toBe(over);
});
