import { expect, test } from 'vitest';
import { distinctNames, forEachRemaining } from './remaining.ts';

test('steps that succeeded before a failure are not repeated', async () => {
  const done = new Set<string>();
  const sent: string[] = [];
  let isReachable = true;
  const send = async (address: string) => {
    if (address === 'cleo' && !isReachable) throw new Error('unreachable');
    sent.push(address);
  };
  const addresses = ['ann', 'ben', 'cleo', 'dora'];
  isReachable = false;
  await expect(forEachRemaining(addresses, done, send)).rejects.toThrow('unreachable');
  isReachable = true;
  await forEachRemaining(addresses, done, send);
  expect(sent).toEqual(addresses);
});

test('the first of several names that differ only in case is kept', () => {
  expect(distinctNames(['Help', ' Design', 'help ', '', 'Design'])).toEqual(['Help', 'Design']);
});
