import type { AccountId } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { RefusalError } from '../http/errors.ts';
import { SearchSlots } from './search-slots.ts';

const account = (n: number) => `account-${n}` as AccountId;
const here = () => false;

/** Starts a search that runs until `end` is called. */
function aSearch(slots: SearchSlots, of: AccountId, isGone = here) {
  let end = () => undefined as undefined;
  let started = false;
  const done = slots.run(of, isGone, () => {
    started = true;
    return new Promise<string>((resolve) => {
      end = () => {
        resolve('found');
        return undefined;
      };
    });
  });
  return { done, end: () => end(), isStarted: () => started };
}

const codeOf = (error: unknown) => (error instanceof RefusalError ? error.refusal.code : error);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('searches at a time', () => {
  test('of one account are bounded; the others are rejected at once', async () => {
    const slots = new SearchSlots(2);
    const [one, two] = [aSearch(slots, account(1)), aSearch(slots, account(1))];
    await turn();
    const third = await aSearch(slots, account(1)).done.catch(codeOf);
    expect(third).toBe('rate_limited');
    one.end();
    two.end();
    expect(await Promise.all([one.done, two.done])).toEqual(['found', 'found']);
    const again = aSearch(slots, account(1));
    await turn();
    expect(again.isStarted()).toBe(true);
    again.end();
    await again.done;
  });

  test('of a node are bounded; the others wait in their order, and those whose caller left are not started', async () => {
    const slots = new SearchSlots(2);
    const running = [1, 2, 3].map((n) => aSearch(slots, account(n)));
    let isGone = false;
    const gone = aSearch(slots, account(4), () => isGone);
    const waiting = aSearch(slots, account(5));
    await turn();
    expect([gone.isStarted(), waiting.isStarted()]).toEqual([false, false]);
    isGone = true;
    running[0]?.end();
    expect(await gone.done.catch(codeOf)).toBe('overloaded');
    await expect.poll(() => waiting.isStarted()).toBe(true);
    for (const one of [...running, waiting]) one.end();
    expect(await waiting.done).toBe('found');
  });

  test('do not count for their account when their caller is gone', async () => {
    const slots = new SearchSlots(1);
    const others = [1, 2, 3].map((n) => aSearch(slots, account(n)));
    let typed = 1;
    const early = aSearch(slots, account(4), () => typed > 1);
    await turn();
    expect(await aSearch(slots, account(4)).done.catch(codeOf)).toBe('rate_limited');
    typed = 2;
    const late = aSearch(slots, account(4), () => typed > 2);
    expect(await early.done.catch(codeOf)).toBe('overloaded');
    others[0]?.end();
    await expect.poll(() => late.isStarted()).toBe(true);
    expect(early.isStarted()).toBe(false);
    for (const one of [...others, late]) one.end();
    expect(await late.done).toBe('found');
    // What runs for a caller who has left does not keep the next one from waiting for its turn.
    const running = aSearch(slots, account(4), () => typed > 3);
    await turn();
    expect(running.isStarted()).toBe(true);
    typed = 4;
    const next = aSearch(slots, account(4));
    await turn();
    expect(next.isStarted()).toBe(true);
    running.end();
    next.end();
    expect(await next.done).toBe('found');
  });

  test('free their place when they fail', async () => {
    const slots = new SearchSlots(1);
    for (let n = 0; n < 10; n++) {
      const failing = slots.run(account(1), here, () => Promise.reject(new Error('lost')));
      await expect(failing).rejects.toThrow('lost');
    }
  });
});
