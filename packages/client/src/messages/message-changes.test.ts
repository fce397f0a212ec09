import { type Event, type EventOf, LIMITS, type Message, SYSTEM } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import {
  change,
  expiredUpTo,
  isChange,
  isInConversation,
  type MessageEvent,
  messageOfPost,
  targetsOf,
} from './message-changes.ts';

const event = (type: string, data: object = {}, seq = 9, actor = 'ann') =>
  ({ type, seq, actor, at: `at ${seq}`, stream: 'c', data: { message: 5, ...data } }) as never;

/** A message in which every part that events change is set. */
const MESSAGE = {
  ...{ conversation: 'c', seq: 5, author: 'ann', body: 'text', postedAt: 'at 5', changedSeq: 7 },
  ...{ editedAt: null, deletedAt: null, hiddenAt: null, replyTo: 2, thread: null },
  ...{ mentions: [{ kind: 'everyone' }], attachments: [{ id: 'f' }], forwardedFrom: { seq: 1 } },
  ...{ reactions: [{ emoji: '👍', accounts: ['ann', 'bob'] }], pinned: { by: 'bob', at: 'at 6' } },
  ...{ previews: [{ url: 'https://example.org' }], poll: { closedAt: null }, threadSummary: null },
} as unknown as Message;
const changed = (type: string, data: object = {}, seq = 9, actor = 'ann', message = MESSAGE) =>
  change(message, event(type, data, seq, actor));

describe('a change of a message', () => {
  const none = { replyTo: null, mentions: [], attachments: [], forwardedFrom: null };
  const shown = {
    ...{ body: 'shown', replyTo: 3, mentions: [], attachments: [{ id: 'g' }] },
    forwardedFrom: { seq: 4 },
  };
  test.each([
    ['message.edited', { body: 'new' }, { body: 'new', mentions: [], editedAt: 'at 9' }],
    [
      'message.edited',
      { body: 'new', mentions: [{ kind: 'here' }] },
      { body: 'new', mentions: [{ kind: 'here' }], editedAt: 'at 9' },
    ],
    [
      'message.deleted',
      { author: 'ann' },
      {
        ...{ ...none, body: '', deletedAt: 'at 9', reactions: [], poll: null },
        ...{ previews: [], pinned: null },
      },
    ],
    ['message.hidden', {}, { ...none, body: '', hiddenAt: 'at 9', previews: [] }],
    ['message.unhidden', { body: 'shown' }, { ...none, body: 'shown', hiddenAt: null }],
    ['message.unhidden', shown, { ...shown, hiddenAt: null }],
    ['message.pinned', {}, { pinned: { by: 'ann', at: 'at 9' } }],
    ['message.unpinned', {}, { pinned: null }],
    ['message.previewed', { previews: [] }, { previews: [] }],
    ['message.previewed', {}, { previews: [] }],
    ['poll.closed', {}, { poll: { closedAt: 'at 9' } }],
  ])('by %s with %j affects only what the event says', (type, data, expected) => {
    expect(changed(type, data)).toEqual({ ...MESSAGE, ...expected, changedSeq: 9 });
    expect(changed(type, data, 8)).not.toBe(MESSAGE);
    // It contains this event already.
    expect(changed(type, data, 7)).toBe(MESSAGE);
  });

  test('adds and removes reactions by emoji and account', () => {
    const react = (type: 'added' | 'removed', emoji: string, actor: string, of = MESSAGE) =>
      changed(`reaction.${type}`, { emoji }, 9, actor, of);
    const of = (message: Message) =>
      message.reactions.map(({ emoji, accounts }) => `${emoji} ${accounts.join(' ')}`);
    expect(of(react('added', '👍', 'cy'))).toEqual(['👍 ann bob cy']);
    expect(of(react('added', '👍', 'bob'))).toEqual(['👍 ann bob']);
    expect(of(react('added', '🎉', 'bob'))).toEqual(['👍 ann bob', '🎉 bob']);
    const two = { ...react('added', '🎉', 'bob'), changedSeq: MESSAGE.changedSeq };
    expect(of(react('added', '🎉', 'ann', two))).toEqual(['👍 ann bob', '🎉 bob ann']);
    expect(of(react('removed', '👍', 'bob', two))).toEqual(['👍 ann', '🎉 bob']);
    expect(of(react('removed', '🎉', 'bob', two))).toEqual(['👍 ann bob']);
    expect(of(react('removed', '🎉', 'cy', two))).toEqual(['👍 ann bob', '🎉 bob']);
  });

  test('of the root of a thread counts its replies, and names their latest authors', () => {
    const reply = (seq: number, actor: string, root: Message) =>
      changed('message.posted', { thread: 5, body: 'reply' }, seq, actor, root);
    const first = reply(8, 'bob', MESSAGE);
    expect(first).toEqual({
      ...{ ...MESSAGE, changedSeq: 8 },
      threadSummary: { replies: 1, lastReplySeq: 8, lastReplyAt: 'at 8', authors: ['bob'] },
    });
    const second = reply(10, 'bob', reply(9, 'ann', first));
    expect(second.threadSummary).toEqual({
      ...{ replies: 3, lastReplySeq: 10, lastReplyAt: 'at 10', authors: ['bob', 'ann'] },
    });
    const many = Array.from({ length: LIMITS.threadAuthors + 1 }, (_, n) => `author ${n}`);
    const all = many.reduce((root, author, n) => reply(20 + n, author, root), MESSAGE);
    expect(all.threadSummary?.authors).toEqual(many.slice(1).reverse());
    // A reply in another thread.
    expect(changed('message.posted', { thread: 6, body: 'reply' })).toBe(MESSAGE);
  });

  test('of the root of a thread takes the summary from the deletion of a reply', () => {
    const threadSummary = { replies: 1, lastReplySeq: 8, lastReplyAt: 'at 8', authors: ['bob'] };
    const data = { message: 8, thread: 5, author: 'bob' };
    expect(changed('message.deleted', { ...data, threadSummary })).toEqual({
      ...{ ...MESSAGE, threadSummary, changedSeq: 9 },
    });
    expect(changed('message.deleted', data).threadSummary).toBeNull();
    // As on the server, the last change of a deleted root is its deletion.
    const deleted = { ...MESSAGE, deletedAt: 'at 7' };
    expect(changed('message.deleted', { ...data, threadSummary }, 9, 'bob', deleted)).toEqual({
      ...{ ...deleted, threadSummary, changedSeq: 7 },
    });
  });
});

describe('an event', () => {
  test('names the messages that it changes', () => {
    const targets = (type: string, data: object) => targetsOf(event(type, data) as MessageEvent);
    expect(targets('message.deleted', { thread: 2 })).toEqual([5, 2]);
    expect(targets('message.deleted', {})).toEqual([5]);
    expect(targets('message.edited', { thread: 2 })).toEqual([5]);
    const { data, ...rest } = event('message.posted') as Event;
    const post = (more: object) => ({ ...rest, data: { body: 'x', ...more } }) as MessageEvent;
    expect([data, targetsOf(post({ thread: 2 })), targetsOf(post({}))]).toEqual([
      ...[{ message: 5 }, [2], []],
    ]);
    expect([isChange(post({ thread: 2 })), isChange(post({}))]).toEqual([true, false]);
    expect(isChange(event('reaction.added'))).toBe(true);
    expect(isChange(event('member.joined'))).toBe(false);
  });

  test('is shown in the conversation unless it is only in a thread', () => {
    const places = [{}, { thread: null }, { thread: 5 }, { thread: 5, alsoInConversation: true }];
    expect(places.map((place) => isInConversation(place as never))).toEqual([
      ...[true, true, false, true],
    ]);
  });

  test('says that messages have expired if it is a deletion by the server', () => {
    expect(expiredUpTo(event('message.deleted', {}, 9, SYSTEM))).toBe(5);
    expect(expiredUpTo(event('message.deleted'))).toBeNull();
    expect(expiredUpTo(event('message.edited', {}, 9, SYSTEM))).toBeNull();
  });

  test('that posts a message gives it everything that the event has', () => {
    const data = {
      ...{ body: 'text', replyTo: 2, thread: 3, alsoInConversation: true, poll: null },
      ...{ mentions: [{ kind: 'here' }], attachments: [{ id: 'f' }], forwardedFrom: { seq: 1 } },
    };
    const posted = { ...(event('message.posted') as Event), data } as unknown;
    expect(messageOfPost('c' as never, posted as EventOf<'message.posted'>)).toMatchObject({
      ...{ ...data, conversation: 'c', seq: 9, changedSeq: 9, author: 'ann', postedAt: 'at 9' },
    });
  });
});
