import type {
  AccountId,
  Conversation,
  ConversationId,
  Event,
  Mention,
  ReadCursor,
  Seq,
} from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { MessageWindow } from '../messages/message-window.ts';
import {
  type ConversationView,
  changesPermissions,
  readHere,
  reduce,
  unreadHere,
  viewOf,
  withCursor,
  withReceipt,
} from './conversations.ts';

const id = 'c' as ConversationId;
const [me, ann] = ['me', 'ann'] as AccountId[] as [AccountId, AccountId];
const at = (n: number) => n as Seq;
const MENTION: Mention[] = [{ kind: 'user', name: 'me', id: me }];

const snapshot = {
  id,
  kind: 'group',
  role: 'member',
  peer: null,
  peerReadSeq: null,
  lastSeq: 10,
  readSeq: 10,
  unread: 0,
  memberCount: 2,
  lastMessage: null,
} as unknown as Conversation;

/** A conversation up to seq 10, to which events are applied. */
function aConversation(rest: object = {}, from = 1) {
  let view = viewOf({ ...snapshot, ...rest });
  const window = new MessageWindow(id, at(from));
  let last = 10;
  const apply = (type: Event['type'], data: object, actor = ann, seq = last + 1) => {
    last = Math.max(last, seq);
    const event = {
      op: 'event',
      stream: id,
      seq,
      type,
      at: `at ${seq}`,
      actor,
      client: null,
      data,
    };
    window.apply(event as never);
    view = reduce(view, event as never, me, window);
    return at(seq);
  };
  const post = (data: object = {}, actor = ann) =>
    apply('message.posted', { body: 'text', ...data }, actor);
  const use = (change: (view: ConversationView) => ConversationView) => {
    view = change(view);
  };
  return { apply, post, use, window, view: () => view };
}

describe('unread messages', () => {
  test('are those of others in the conversation, not replies that are only in a thread', () => {
    const { post, view } = aConversation();
    const root = post();
    post({}, me);
    post({ thread: root, mentions: MENTION });
    expect(view()).toMatchObject({ unread: 1, unreadMentions: [], lastSeq: 13 });
    expect(view().lastMessage?.seq).toBe(12);
    post({ thread: root, alsoInConversation: true, mentions: MENTION });
    expect(view()).toMatchObject({ unread: 2, unreadMentions: [14] });
    expect(view().lastMessage?.seq).toBe(14);
  });

  test('are counted once, after the snapshot, and up to a limit', () => {
    const { apply, post, view } = aConversation({ unread: LIMITS.unreadMax - 1, readSeq: 3 });
    apply('message.posted', { body: 'text' }, ann, 10);
    expect(view().unread).toBe(LIMITS.unreadMax - 1);
    post();
    post();
    expect(view().unread).toBe(LIMITS.unreadMax);
  });

  test('are fewer after the deletion of one that is unread, and of no other', () => {
    const { apply, post, view } = aConversation({ unread: 2, readSeq: 7 });
    const remove = (message: number, author = ann, rest = {}) => {
      apply('message.deleted', { message, author, ...rest });
      return view().unread;
    };
    expect(post()).toBe(11);
    expect(view().unread).toBe(3);
    expect(remove(11)).toBe(2);
    expect(remove(8)).toBe(1);
    expect(remove(7)).toBe(1);
    expect(remove(9, me)).toBe(1);
    expect(remove(10, ann, { thread: 2 })).toBe(1);
    expect(remove(9)).toBe(0);
    expect(remove(10)).toBe(0);
  });

  test('are not counted down from the limit, above which their number is unknown', () => {
    const { apply, view } = aConversation({ unread: LIMITS.unreadMax, readSeq: 1 });
    apply('message.deleted', { message: 5, author: ann });
    expect(view().unread).toBe(LIMITS.unreadMax);
  });

  test('after reading here are those after the read cursor, if all of them are loaded', () => {
    const { post, use, view, window } = aConversation({}, 11);
    for (let n = 0; n < 4; n++) post({ mentions: MENTION });
    use((now) => readHere(now, at(12), me, window));
    expect(view()).toMatchObject({ readSeq: 12, unread: 2, unreadMentions: [13, 14] });
    const before = view();
    for (const seq of [12, 11]) expect(readHere(before, at(seq), me, window)).toBe(before);
    use((now) => readHere(now, at(99), me, window));
    expect(view()).toMatchObject({ readSeq: 14, unread: 0, unreadMentions: [] });
  });

  test('stay as they are if the messages after the read cursor are not loaded', () => {
    const start = { readSeq: 2, unread: 7, unreadMentions: [at(4), at(6)] };
    for (const [from, unread] of [
      [6, 0],
      [7, 7],
      [8, 7],
    ] as const) {
      const { view, window } = aConversation(start, from);
      expect(readHere(view(), at(5), me, window)).toMatchObject({ unread, unreadMentions: [6] });
      expect(unreadHere(view(), at(5), me, window)).toMatchObject({
        unread,
        readRevision: 1,
        unreadMentions: from === 6 ? [] : [4, 6],
      });
    }
    const { view } = aConversation(start);
    expect(readHere(view(), at(5), me, undefined).unread).toBe(7);
  });

  test('of a reported cursor include what has arrived since, without what was deleted', () => {
    const { apply, post, view, window } = aConversation({ readSeq: 2 });
    const [first, second] = [post(), post()];
    post({}, me);
    apply('message.deleted', { message: second, author: ann });
    const cursor = { conversation: id, readSeq: at(4), revision: 3, unread: 5, unreadMentions: [] };
    const reported = (asOf: number, unread = 5) =>
      withCursor(view(), { ...cursor, unread, asOf: at(asOf) } as ReadCursor, me, window, at(14));
    // As of the first message: the second one was posted and deleted later.
    expect(reported(first)).toMatchObject({ readSeq: 4, readRevision: 3, unread: 5 });
    // The second one was counted, and is deleted since.
    expect(reported(second).unread).toBe(4);
    expect(reported(14).unread).toBe(5);
    expect(reported(second, LIMITS.unreadMax).unread).toBe(LIMITS.unreadMax);
    expect([reported(20).unreadAsOf, reported(12).unreadAsOf]).toEqual([20, 14]);
  });
});

describe('a conversation', () => {
  test('is not changed by events that its snapshot contains', () => {
    const { apply, view } = aConversation({ name: 'now' });
    apply('conversation.updated', { name: 'earlier' }, ann, 10);
    apply('member.joined', { account: 'x', role: 'member' }, ann, 10);
    expect(view()).toMatchObject({ name: 'now', memberCount: 2 });
    apply('conversation.updated', { name: 'later', archived: true });
    apply('member.joined', { account: 'x', role: 'member' });
    expect(view()).toMatchObject({ name: 'later', memberCount: 3, archivedAt: 'at 11' });
    apply('conversation.updated', { archived: false });
    expect(view()).toMatchObject({ name: 'later', archivedAt: null });
  });

  test('shows its last message as it is now', () => {
    const { apply, post, view } = aConversation();
    const [first, last] = [post(), post()];
    apply('message.edited', { message: first, body: 'first' });
    expect(view().lastMessage).toMatchObject({ seq: last, body: 'text' });
    apply('message.edited', { message: last, body: 'edited' });
    expect(view().lastMessage).toMatchObject({ seq: last, body: 'edited', changedSeq: 14 });
    apply('message.deleted', { message: last, author: ann });
    expect(view().lastMessage).toMatchObject({ seq: first, body: 'first' });
    apply('message.hidden', { message: first, author: ann });
    expect(view().lastMessage).toMatchObject({ seq: first, body: '', hiddenAt: 'at 16' });
    apply('message.unhidden', { message: first, author: ann, body: 'first' });
    expect(view().lastMessage).toMatchObject({ body: 'first', hiddenAt: null });
  });

  test('forgets how far a member who left has read', () => {
    const { apply, use, view } = aConversation();
    use((now) => withReceipt(now, ann, at(7)));
    expect(view().receipts.get(ann)).toBe(7);
    const before = view();
    for (const seq of [7, 6]) expect(withReceipt(before, ann, at(seq))).toBe(before);
    apply('member.left', { account: ann });
    expect([view().receipts.has(ann), view().memberCount]).toEqual([false, 1]);
  });

  test('has the read cursor of the other user of a direct conversation', () => {
    const { use, view } = aConversation({ kind: 'direct', peer: ann, peerReadSeq: 3 });
    use((now) => withReceipt(now, ann, at(7)));
    use((now) => withReceipt(now, 'x' as AccountId, at(9)));
    expect(view().peerReadSeq).toBe(7);
  });

  test('is loaded again where members may gain or lose permissions', () => {
    const limit = LIMITS.mentionEveryoneMembers;
    const changes = (type: Event['type'], data: object, memberCount = 2, seq = 11) =>
      changesPermissions(
        viewOf({ ...snapshot, memberCount } as Conversation),
        { type, data, seq } as never,
        me,
      );
    const joins = [limit - 1, limit, limit + 1].map((n) => changes('member.joined', {}, n));
    expect(joins).toEqual([false, true, false]);
    const leaves = [limit, limit + 1, limit + 2].map((n) => changes('member.left', {}, n));
    expect(leaves).toEqual([false, true, false]);
    expect(changes('member.joined', {}, limit, 10)).toBe(false);
    expect(changes('member.role_changed', { account: me })).toBe(true);
    expect(changes('member.role_changed', { account: ann })).toBe(false);
    for (const data of [{ visibility: 'private' }, { minimumRoles: {} }, { archived: false }]) {
      expect(changes('conversation.updated', data)).toBe(true);
    }
    expect(changes('conversation.updated', { name: 'new' })).toBe(false);
  });
});
