import { type AccountId, type Seq, type ServerFrame, WORKSPACE_STREAM } from '@parley/protocol';
import { beforeEach, expect, test, vi } from 'vitest';
import { testLog } from '../../test/support/test-log.ts';
import type { StoredEvent } from '../stream/record.ts';
import type { Subscription } from '../stream/subscription.ts';
import { GuestFeed } from './guest-feed.ts';

const [ANN, BOB] = ['a', 'b'].map((letter) => idOf(letter)) as [AccountId, AccountId];
const ALL = { op: 'changed', users: null, settings: [], emoji: true };

/** The last subscription to the workspace stream; null after its end. */
let subscribed: Subscription | null = null;
const knownAccounts = vi.fn<ConstructorParameters<typeof GuestFeed>[0]['knownAccounts']>();
beforeEach(() => {
  subscribed = null;
  knownAccounts.mockReset();
  knownAccounts.mockImplementation(async (guests, accounts) =>
    guests.flatMap((guest) => accounts.map((account) => ({ guest, account }))),
  );
});

function idOf(end: string): AccountId {
  return `01890000-0000-7000-8000-${end.padStart(12, '0')}` as AccountId;
}

function aFeed() {
  const hub = {
    subscribe: (subscription: Subscription) => {
      subscribed = subscription;
    },
    unsubscribe: () => {
      subscribed = null;
    },
  } as unknown as ConstructorParameters<typeof GuestFeed>[0]['hub'];
  return new GuestFeed({ hub, log: testLog, knownAccounts });
}

function aConnection(account: AccountId) {
  const frames: ServerFrame[] = [];
  return { account, frames, send: (frame: ServerFrame) => void frames.push(frame) };
}

const event = (type: StoredEvent['type'], data: object) =>
  ({ type, data: JSON.stringify(data) }) as StoredEvent;
/** Resolves after the lookups have been answered. */
const looked = () => new Promise((resolve) => setImmediate(resolve));

test('the feed is subscribed to the workspace stream while a guest is connected', () => {
  const feed = aFeed();
  const [one, other] = [aConnection(ANN), aConnection(BOB)];
  feed.add(one, 7 as Seq);
  expect(subscribed).toMatchObject({ stream: WORKSPACE_STREAM, cursor: 7 });
  feed.add(other, 7 as Seq);
  feed.remove(one);
  expect(subscribed).not.toBeNull();
  feed.remove(other);
  expect(subscribed).toBeNull();
});

test('a guest reloads everything if the feed is ahead of the state that it has', () => {
  const feed = aFeed();
  const [first, same, behind] = [aConnection(ANN), aConnection(BOB), aConnection(BOB)];
  feed.add(first, 7 as Seq);
  feed.add(same, 7 as Seq);
  feed.add(behind, 6 as Seq);
  expect([first, same, behind].map(({ frames }) => frames)).toEqual([[], [], [ALL]]);
});

test('the changes during a lookup are sent after it, in one frame', async () => {
  const feed = aFeed();
  const guest = aConnection(ANN);
  feed.add(guest, 0 as Seq);
  feed.personal([event('user.updated', { account: ANN })]);
  feed.personal([event('user.role_changed', { account: BOB, role: 'admin' })]);
  feed.personal([event('server.updated', { name: 'Parley' }), event('emoji.changed', {})]);
  await looked();
  expect(guest.frames).toEqual([
    { op: 'changed', users: [ANN], settings: [], emoji: false },
    { op: 'changed', users: [BOB], settings: ['name'], emoji: true },
  ]);
});

test('guests reload all users if more than 200 have changed, or the lookup fails', async () => {
  const feed = aFeed();
  const guest = aConnection(ANN);
  feed.add(guest, 0 as Seq);
  const changed = (count: number) =>
    Array.from({ length: count }, (_, n) => event('user.updated', { account: idOf(`${n}`) }));
  feed.personal(changed(200));
  await looked();
  expect(knownAccounts).toHaveBeenCalledOnce();
  expect(guest.frames).toMatchObject([{ users: { length: 200 } }]);
  feed.personal(changed(201));
  await looked();
  expect(knownAccounts).toHaveBeenCalledOnce();
  knownAccounts.mockRejectedValue(new Error('The database does not answer'));
  feed.personal(changed(1));
  await looked();
  expect(guest.frames.slice(1)).toMatchObject([{ users: null }, { users: null }]);
});
