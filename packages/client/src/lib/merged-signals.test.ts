import { type AccountId, LIMITS } from '@parley/protocol';
import { expect, test } from 'vitest';
import { MergedSignals } from './merged-signals.ts';

const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}` as AccountId);
const watched = (frame: string): AccountId[] => JSON.parse(frame).accounts;

test('the accounts of all tabs are watched, each once, those of the latest change first', () => {
  const signals = new MergedSignals('own');
  const [ann, bob, cat] = names(3, 'a') as [AccountId, AccountId, AccountId];
  expect(watched(signals.watch('own', [ann]))).toEqual([ann]);
  expect(watched(signals.watch('other', [bob, ann]))).toEqual([bob, ann]);
  expect(watched(signals.watch('own', [cat]))).toEqual([cat, bob, ann]);
  expect(signals.left('other').map(watched)).toEqual([[cat]]);
  expect(signals.left('other')).toEqual([]);
});

test('of too many accounts, those that a tab has shown for longest are left out', () => {
  const signals = new MergedSignals('own');
  const max = LIMITS.presenceSubscriptions;
  signals.watch('own', names(max, 'old'));
  const all = watched(signals.watch('other', names(10, 'new')));
  expect([all.length, all[9], all[10], all.at(-1)]).toEqual([
    max,
    'new9',
    'old0',
    `old${max - 11}`,
  ]);
  expect(watched(signals.watch('own', names(max, 'old')))).toEqual(names(max, 'old'));
});

test('the user is idle once no tab is active, and each change is sent once', () => {
  const signals = new MergedSignals('own');
  const frame = (state: string) => JSON.stringify({ op: 'presence', state });
  expect(signals.presence('other', 'active')).toBeNull();
  expect(signals.presence('own', 'idle')).toBeNull();
  expect(signals.left('other')).toEqual([frame('idle')]);
  expect(signals.presence('own', 'idle')).toBeNull();
  expect(signals.presence('own', 'active')).toBe(frame('active'));
});
