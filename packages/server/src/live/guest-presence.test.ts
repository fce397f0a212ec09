import type { AccountId } from '@parley/protocol';
import { expect, test, vi } from 'vitest';
import { testLog } from '../../test/support/test-log.ts';
import { GuestPresence } from './guest-presence.ts';
import { PresenceAudience } from './presence-audience.ts';

const [GUEST, ANN, BOB] = ['guest', 'ann', 'bob'] as AccountId[] as [
  AccountId,
  AccountId,
  AccountId,
];

function aGuest() {
  const audience = new PresenceAudience((account) => ({ account, state: 'active' }));
  const replaced = vi.spyOn(audience, 'replace');
  const lookups: ((found: AccountId[]) => void)[] = [];
  const findable = vi.fn(
    (_guest: AccountId, _wanted: readonly AccountId[]) =>
      new Promise<AccountId[]>((resolve) => lookups.push(resolve)),
  );
  const connection = { account: GUEST, closed: false, congested: false, write: () => undefined };
  const presence = new GuestPresence({ audience, findable }, connection, testLog);
  /** Answers the oldest open lookup. */
  const answer = async (found: AccountId[]) => {
    lookups.shift()?.(found);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const subscriptions = () => replaced.mock.calls.map(([, accounts]) => accounts);
  return { presence, connection, findable, answer, subscriptions };
}

test('a guest subscribes to the presence of the accounts that it may find', async () => {
  const guest = aGuest();
  guest.presence.watch([ANN, BOB]);
  expect(guest.findable).toHaveBeenLastCalledWith(GUEST, [ANN, BOB]);
  await guest.answer([BOB]);
  expect(guest.subscriptions()).toEqual([[BOB]]);
});

test('accounts that the guest asks for during a lookup are looked up after it', async () => {
  const guest = aGuest();
  guest.presence.watch([ANN]);
  guest.presence.watch([BOB]);
  expect(guest.findable).toHaveBeenCalledOnce();
  await guest.answer([ANN]);
  expect(guest.findable).toHaveBeenLastCalledWith(GUEST, [BOB]);
  await guest.answer([BOB]);
  expect(guest.subscriptions()).toEqual([[BOB]]);
});

test('the lookup is repeated every 15 seconds, if the guest asks for any account', async () => {
  const guest = aGuest();
  const now = performance.now();
  guest.presence.tick(now + 60_000);
  expect(guest.findable).not.toHaveBeenCalled();
  guest.presence.watch([ANN]);
  await guest.answer([ANN]);
  guest.presence.tick(now + 14_000);
  expect(guest.findable).toHaveBeenCalledOnce();
  guest.presence.tick(now + 60_000);
  await guest.answer([]);
  expect(guest.subscriptions()).toEqual([[ANN], []]);
});

test('a connection that has closed during the lookup subscribes to nothing', async () => {
  const guest = aGuest();
  guest.presence.watch([ANN]);
  guest.connection.closed = true;
  await guest.answer([ANN]);
  expect(guest.subscriptions()).toEqual([]);
});
