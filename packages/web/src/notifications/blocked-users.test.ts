import type { ParleyClient } from '@parley/client';
import type { AccountId, Event } from '@parley/protocol';
import { expect, test } from 'vitest';
import { BlockedUsers } from './blocked-users.ts';

const [ANN, BOB] = ['ann', 'bob'] as AccountId[] as [AccountId, AccountId];

const changed = (type: 'account.blocked' | 'account.unblocked', account: AccountId): Event =>
  ({
    op: 'event',
    stream: 's',
    seq: 1,
    at: '',
    actor: 'me',
    client: null,
    type,
    data: { account },
  }) as never;

/** Blocked users with server answers that the test controls. */
function overAnswers(...answers: (readonly AccountId[] | Error)[]) {
  let requests = 0;
  const request = async () => {
    const answer = answers[requests++];
    if (answer === undefined || answer instanceof Error) throw answer;
    return { items: answer.map((account) => ({ account })) };
  };
  const blocked = new BlockedUsers({ api: { request } } as unknown as ParleyClient);
  return { blocked, requests: () => requests };
}

test('the users of the list are blocked, and changes on other devices apply', async () => {
  const { blocked, requests } = overAnswers([ANN]);
  expect(blocked.has(ANN)).toBe(false);
  await blocked.load();
  await blocked.load();
  expect(requests()).toBe(1);
  expect([blocked.has(ANN), blocked.has(BOB)]).toEqual([true, false]);
  blocked.apply(changed('account.blocked', BOB));
  blocked.apply(changed('account.unblocked', ANN));
  expect([blocked.has(ANN), blocked.has(BOB)]).toEqual([false, true]);
});

test('the list is loaded again after a failure', async () => {
  const { blocked } = overAnswers(new Error('offline'), [ANN]);
  await expect(blocked.load()).rejects.toThrow('offline');
  await blocked.load();
  expect(blocked.has(ANN)).toBe(true);
});
