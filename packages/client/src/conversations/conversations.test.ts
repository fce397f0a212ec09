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

  test('are as the server has counted them up to an event', () => {
    const { apply, view } = aConversation({ unread: 2, readSeq: 7, unreadMentions: [at(8)] });
    apply('message.deleted', { message: 8, author: ann }, ann, 10);
    apply('message.edited', { message: 9, body: '', mentions: MENTION }, ann, 10);
    expect(view()).toMatchObject({ unread: 2, unreadMentions: [8] });
    apply('message.deleted', { message: 8, author: ann });
    expect(view()).toMatchObject({ unread: 1, unreadMentions: [] });
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

  test.each([
    ['name', 'new', { name: 'new' }],
    ['topic', 'new', { topic: 'new' }],
    ['description', 'new', { description: 'new' }],
    ['avatar', 'image', { avatar: 'image' }],
    ['visibility', 'public', { visibility: 'public' }],
    ['slowModeSeconds', 60, { slowModeSeconds: 60 }],
    ['linkPreviews', false, { linkPreviews: false }],
    ['archived', true, { archivedAt: 'at 11' }],
    ['archived', false, { archivedAt: null }],
  ])('changes nothing else when its %s becomes %j', (field, value, change) => {
    const before = { name: 'old', topic: 'old', description: 'old', avatar: 'old' };
    const start = { ...before, visibility: 'private', slowModeSeconds: 5, linkPreviews: true };
    const { apply, view } = aConversation({ ...start, archivedAt: 'earlier' });
    const { lastSeq: _, ...rest } = view();
    apply('conversation.updated', { [field]: value });
    expect(view()).toEqual({ ...rest, ...change, lastSeq: 11 });
  });

  test('has the role of the account, not of other members', () => {
    const { apply, view } = aConversation();
    apply('member.role_changed', { account: ann, role: 'admin' });
    expect(view().role).toBe('member');
    apply('member.role_changed', { account: me, role: 'admin' });
    expect(view().role).toBe('admin');
  });

  test('shows changes of another message neither as the last one nor as a mention', () => {
    const { apply, post, view } = aConversation({ readSeq: 10 });
    const [first, last] = [post({ mentions: MENTION }), post({ mentions: MENTION })];
    const others = () => [view().lastMessage?.body, view().unreadMentions];
    apply('message.hidden', { message: first, author: ann });
    expect(others()).toEqual(['text', [last]]);
    apply('message.unhidden', { message: first, author: ann, body: 'shown', mentions: MENTION });
    expect(others()).toEqual(['text', [first, last]]);
    // Without a mention, of this account, in a thread, and read.
    apply('message.unhidden', { message: first, author: ann, body: 'shown' });
    expect(others()).toEqual(['text', [last]]);
    const shown = { message: first, body: 'shown', mentions: MENTION };
    apply('message.unhidden', { ...shown, author: me });
    apply('message.unhidden', { ...shown, author: ann, thread: 3 });
    apply('message.unhidden', { ...shown, author: ann, message: 10 });
    apply('message.edited', { ...shown, author: me }, me);
    apply('message.edited', { ...shown, thread: 3 });
    apply('message.edited', { ...shown, message: 10 });
    expect(others()).toEqual(['text', [last]]);
    apply('message.edited', shown);
    expect(others()).toEqual(['text', [first, last]]);
    apply('message.edited', { ...shown, mentions: [] });
    apply('message.hidden', { message: last, author: ann });
    expect(others()).toEqual(['', []]);
  });

  test.each([
    ['reaction.added', { emoji: 'x' }],
    ['reaction.removed', { emoji: 'x' }],
    ['message.pinned', {}],
    ['message.unpinned', {}],
    ['poll.voted', {}],
    ['poll.closed', {}],
    ['message.previewed', { previews: [] }],
  ] as const)('notes that %s has changed its last message, and no other one', (type, data) => {
    const { apply, post, view } = aConversation();
    const [first, last] = [post(), post()];
    apply(type, { message: first, ...data });
    expect(view().lastMessage?.changedSeq).not.toBe(13);
    apply(type, { message: last, ...data });
    expect(view().lastMessage).toMatchObject({ seq: last, changedSeq: 14 });
  });

  test('is shown as its snapshot, also one that an earlier version has stored', () => {
    const shown = viewOf(snapshot);
    expect(shown).toMatchObject({
      ...{ permissions: ['post', 'reply_in_threads'], minimumRoles: null, removableRoles: [] },
      ...{ messagePermissions: { own: [], others: [] }, actingRole: 'member', peers: null },
      ...{ topic: '', description: '', avatar: null, archivedAt: null, slowModeSeconds: 0 },
      ...{ linkPreviews: true, readRevision: 0, unreadMentions: [] },
      ...{ snapshotSeq: 10, unreadAsOf: 10 },
    });
    expect(shown.receipts.size).toBe(0);
    const complete = {
      ...{ removableRoles: ['member'], actingRole: 'guest', peers: [ann], topic: 'a topic' },
      ...{ messagePermissions: { own: ['edit'], others: ['react'] }, description: 'for tests' },
      ...{ avatar: 'image', archivedAt: 'earlier', slowModeSeconds: 5, linkPreviews: false },
      ...{ readRevision: 2, unreadMentions: [at(4)], permissions: ['post', 'reply_in_threads'] },
    };
    const minimumRoles = { post: 'member', replyInThreads: 'admin' };
    const now = { ...snapshot, ...complete, minimumRoles } as unknown as Conversation;
    expect(viewOf(now)).toMatchObject(now);
    const older = { post: 'admin' } as unknown as Conversation['minimumRoles'];
    const granted = (permissions: readonly string[], minimum = older) =>
      viewOf({ ...now, permissions, minimumRoles: minimum } as Conversation);
    expect(granted(['post'])).toMatchObject({
      permissions: ['reply_in_threads', 'post'],
      minimumRoles: { post: 'admin', replyInThreads: 'admin' },
    });
    expect(granted([]).permissions).toEqual([]);
    const { minimumRoles: current } = now;
    expect(granted(['post'], current).permissions).toEqual(['post']);
  });

  test('of two users has the other one, and how far it has read', () => {
    const direct = { ...snapshot, kind: 'direct', peer: ann } as Conversation;
    expect([...viewOf({ ...direct, peerReadSeq: at(4) }).receipts]).toEqual([[ann, 4]]);
    expect([...viewOf(direct).receipts]).toEqual([]);
    expect(viewOf(direct).peers).toEqual([ann]);
    expect(viewOf({ ...direct, peer: null } as Conversation).peers).toEqual([]);
    // Receipts are kept, because a snapshot does not contain them.
    const before = withReceipt(viewOf(direct), 'x' as AccountId, at(6));
    expect([...viewOf({ ...direct, peerReadSeq: at(4) }, before).receipts]).toEqual([
      ['x', 6],
      [ann, 4],
    ]);
  });

  test('without its messages has the counts that the server reports', () => {
    const { view } = aConversation();
    const cursor = { conversation: id, readSeq: at(4), revision: 3, unread: 5, asOf: at(10) };
    const reported = withCursor(
      view(),
      { ...cursor, unreadMentions: [at(6)] },
      me,
      undefined,
      at(10),
    );
    expect(reported).toMatchObject({ readSeq: 4, readRevision: 3, unread: 5, unreadMentions: [6] });
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
