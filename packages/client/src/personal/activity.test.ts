import type { AccountId, ActivityUnread, ConversationId, Event } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError } from '../api/api-error.ts';
import { Activity, type ActivitySnapshot, NO_ACTIVITY } from './activity.ts';

const ME = 'me' as AccountId;
const LARGE = '01890a5d-ac96-774b-bcce-b302099a8057' as ConversationId;

/** An activity whose answers the test controls. */
function anActivity() {
  const asked: ((answer: ActivityUnread | Error) => void)[] = [];
  const ask = () =>
    new Promise<ActivityUnread>((resolve, reject) => {
      asked.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  let shown: ActivitySnapshot = NO_ACTIVITY;
  const activity = new Activity({
    api: { unread: ask, read: ask, readAll: ask },
    me: () => ME,
    membersOf: (conversation) => (conversation === LARGE ? 4_000 : 10),
    random: () => 0.5,
    changed: (snapshot) => {
      shown = snapshot;
    },
  });
  /** Answers the oldest open request. */
  const answer = async (unread: number, readVersion: number) => {
    asked.shift()?.({ unread, readVersion });
    await vi.advanceTimersByTimeAsync(0);
  };
  return { activity, asked, answer, shown: () => shown };
}

const event = (type: string, data: object, actor = 'other', stream = 's'): Event =>
  ({
    op: 'event',
    stream,
    seq: 1,
    type,
    at: '',
    actor,
    client: null,
    data,
  }) as unknown as Event;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('requests nothing until it is needed', async () => {
  const { activity, asked } = anActivity();
  activity.moved();
  activity.missed();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveLength(0);
});

test('many changes cause one count, and changes during the count another', async () => {
  const { activity, asked, answer, shown } = anActivity();
  const loaded = activity.load();
  await answer(2, 5);
  await loaded;
  expect(shown()).toMatchObject({ isLoaded: true, unread: 2 });
  const { revision } = shown();
  for (let n = 0; n < 20; n++) activity.moved();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveLength(1);
  activity.moved();
  await vi.advanceTimersByTimeAsync(2_000);
  await answer(3, 6);
  expect(asked).toHaveLength(1);
  await answer(4, 7);
  expect(shown().unread).toBe(4);
  expect(shown().revision).toBeGreaterThan(revision);
});

test('an answer older than the known state is ignored', async () => {
  const { activity, answer, shown } = anActivity();
  const loaded = activity.load();
  await answer(2, 5);
  await loaded;
  const again = activity.reload();
  const read = activity.readAll();
  // The request that was sent first is answered with the state from before.
  await answer(2, 5);
  await answer(0, 6);
  await Promise.all([again, read]);
  expect(shown().unread).toBe(0);
  const late = activity.reload();
  await answer(2, 4);
  await late;
  expect(shown().unread).toBe(0);
});

test.each([
  ['a mention of everyone', event('message.posted', { mentions: [{ kind: 'everyone' }] }), true],
  ['a plain message', event('message.posted', {}), false],
  ['an own mention', event('message.posted', { mentions: [{ kind: 'everyone' }] }, ME), false],
  ['a new user', event('user.registered', {}), true],
  ['a message that is shown again', event('message.unhidden', {}), true],
  ['a deletion, with nothing unread', event('message.deleted', {}), false],
  ['a reminder', event('reminder.due', {}), true],
  ['a read elsewhere', event('thread.followed', {}), false],
])('the activity is counted again after %s: %#', async (_name, happened, isCounted) => {
  const { activity, asked, answer } = anActivity();
  const loaded = activity.load();
  await answer(0, 1);
  await loaded;
  activity.applied(happened);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toHaveLength(isCounted ? 1 : 0);
});

test('requests after changes that many members receive are spread over time', async () => {
  const { activity, asked, answer } = anActivity();
  const loaded = activity.load();
  await answer(1, 1);
  await loaded;
  const hidden = (stream: string) => event('message.hidden', {}, 'other', stream);
  activity.applied(hidden(LARGE));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveLength(0);
  activity.applied(hidden('small'));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toHaveLength(1);
});

test('requests again after a reconnect only if the read version of the account has increased', async () => {
  const { activity, asked, answer } = anActivity();
  const loaded = activity.load();
  await answer(2, 5);
  await loaded;
  activity.connected(5);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(0);
  activity.connected(6);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveLength(1);
  await answer(3, 6);
  // After a restore at a random time, versions start over.
  activity.restored();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toHaveLength(1);
});

test('a failed count is retried, and answers for an earlier account are ignored', async () => {
  const { activity, asked, answer, shown } = anActivity();
  const failing = activity.load();
  asked.shift()?.(new ApiError('network', 'offline'));
  await expect(failing).rejects.toThrow();
  activity.retry();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveLength(1);
  activity.clear();
  await answer(9, 9);
  expect(shown()).toMatchObject({ isLoaded: false, unread: 0 });
  const loaded = activity.load();
  await answer(3, 9);
  await loaded;
  expect(shown()).toMatchObject({ isLoaded: true, unread: 3 });
  activity.clear();
  expect(shown()).toMatchObject({ isLoaded: false, unread: 0 });
});
