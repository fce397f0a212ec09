import type { AccountId, ClientId, ConversationId, Event, Message, Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import { MessageWindow } from '../messages/message-window.ts';
import type { OutboxEntry } from '../storage/store.ts';
import { ShownMessages } from './timeline-shown.ts';
import type { TimelineSource } from './timeline-types.ts';

const C = 'c' as ConversationId;
const [ME, ANN, BOB] = ['me', 'ann', 'bob'] as AccountId[] as [AccountId, AccountId, AccountId];

/** What is shown of a window, with an outbox and receipts that the test changes. */
function shownOf(thread?: Seq) {
  const window = new MessageWindow(C, 1 as Seq);
  const source = {
    ...{ me: ME as AccountId | null, outbox: [] as OutboxEntry[] },
    receipts: new Map<AccountId, Seq>(),
  };
  const shown = new ShownMessages(C, {
    ...(thread !== undefined && { thread }),
    me: () => source.me,
    window: () => window,
    view: () => ({ receipts: source.receipts }),
    outbox: () => source.outbox,
  } as unknown as TimelineSource);
  const post = (n: number, actor: AccountId, client: string | null = null) => {
    const event = { type: 'message.posted', seq: n, actor, at: '', client, data: { body: `${n}` } };
    window.apply(event as unknown as Event);
    return window.get(n as Seq) as Message;
  };
  return { shown, source, window, post };
}

const entry = (id: string, command: object = {}, more: object = {}) =>
  ({
    ...{ id, createdAt: 0, state: 'pending' },
    command: { op: 'post', id, conversation: C, body: id, ...command },
    ...more,
  }) as unknown as OutboxEntry;

test('an own message shows who has read it, and the same object while nothing changes', () => {
  const { shown, source, post } = shownOf();
  const [own, other] = [post(5, ME), post(6, ANN)];
  const first = shown.displayStored(own);
  expect(first).toEqual({ ...own, state: 'stored', seenBy: [] });
  expect(shown.displayStored(own)).toBe(first);
  source.receipts = new Map([
    [ANN, 5 as Seq],
    [BOB, 4 as Seq],
    [ME, 9 as Seq],
  ]);
  const seen = shown.displayStored(own);
  expect(seen.seenBy).toEqual([ANN]);
  expect(shown.displayStored(other).seenBy).toEqual([]);
  // Receipts that do not concern the message.
  source.receipts = new Map(source.receipts).set(BOB, 4 as Seq);
  expect(shown.displayStored(own)).toBe(seen);
  source.receipts = new Map(source.receipts).set(BOB, 5 as Seq);
  expect(shown.displayStored(own).seenBy).toEqual([ANN, BOB]);
  // Another reader, as many as before.
  source.receipts = new Map([[BOB, 5 as Seq]]);
  expect(shown.displayStored(own).seenBy).toEqual([BOB]);
  source.receipts = new Map([[ANN, 5 as Seq]]);
  expect(shown.displayStored(own).seenBy).toEqual([ANN]);
});

test('a message shows own changes that are not acknowledged, and no others', () => {
  const { shown, source, post } = shownOf();
  const [own, other] = [post(5, ME), post(6, ANN)];
  const before = shown.displayStored(own);
  const edit = { op: 'edit', message: 5, body: 'edited' };
  source.outbox = [entry('x', edit)];
  expect(shown.displayStored(own)).toMatchObject({ body: 'edited', isChanging: true });
  expect(shown.displayStored(other)).toMatchObject({ body: '6', state: 'stored' });
  source.outbox = [entry('x', { ...edit, conversation: 'd' })];
  expect(shown.displayStored(own)).toEqual(before);
});

test('unsent messages are shown in their place until they are stored, with the same identity', () => {
  const { shown, source, window, post } = shownOf();
  const files = { attachments: ['f'], replyTo: 3 };
  const failure = { code: 'forbidden', message: 'no' };
  source.outbox = [
    entry('a', files),
    entry('b', {}, { state: 'failed', failure, createdAt: 1_000 }),
    entry('c', { conversation: 'd' }),
    entry('d', { op: 'edit', message: 5 }),
    entry('e', { thread: 4 }),
    entry('f', { thread: 4, alsoInConversation: true }),
  ];
  const pending = shown.pending(window);
  expect(pending.map(({ client }) => client)).toEqual(['a', 'b', 'f']);
  expect(pending[0]).toMatchObject({
    ...{ state: 'pending', author: ME, body: 'a', replyTo: 3, fileIds: ['f'], seenBy: [] },
    ...{ seq: Number.MAX_SAFE_INTEGER, postedAt: '1970-01-01T00:00:00.000Z', conversation: C },
  });
  expect(pending[0]).not.toHaveProperty('failure');
  expect(pending[1]).toMatchObject({ state: 'failed', failure });
  expect(pending[1]).toMatchObject({ postedAt: '1970-01-01T00:00:01.000Z' });
  expect(pending[1]).not.toHaveProperty('fileIds');
  expect(pending[2]).toMatchObject({ thread: 4, alsoInConversation: true });
  // The event arrives before the ack.
  const stored = post(7, ME, 'a');
  expect(shown.pending(window).map(({ client }) => client)).toEqual(['b', 'f']);
  expect(shown.displayStored(stored)).toMatchObject({ client: 'a' as ClientId, state: 'stored' });
  // One that this timeline has never shown unsent.
  expect(shown.displayStored(post(8, ME, 'x'))).not.toHaveProperty('client');
  expect(shown.pending(undefined).map(({ client }) => client)).toEqual(['a', 'b', 'f']);
  source.me = null;
  expect(shown.pending(window)).toEqual([]);
});

test('a thread shows its own unsent replies', () => {
  const { shown, source, window } = shownOf(4 as Seq);
  source.outbox = [
    entry('a'),
    entry('b', { thread: 4 }),
    entry('c', { thread: 5, alsoInConversation: true }),
    entry('d', { thread: 4, alsoInConversation: true }),
  ];
  expect(shown.pending(window).map(({ client }) => client)).toEqual(['b', 'd']);
});
