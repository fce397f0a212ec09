import {
  type AccountId,
  type ConversationId,
  type Event,
  LIMITS,
  type Message,
  type Seq,
  streamOfConversation,
  type ThreadPage,
} from '@parley/protocol';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  aUser,
  says,
  stored,
  verdict,
} from '../../../test/support/domain-builders.ts';
import { aClientId } from '../../../test/support/stream-builders.ts';
import { addMember, joinGroup, leaveGroup } from '../../conversations/members.ts';
import { changeMinimumRoles } from '../../conversations/settings.ts';
import { conversationFor } from '../../conversations/snapshot.ts';
import { examine } from '../../doctor/doctor.ts';
import { eraseFollows, followThread, unfollowThread } from '../../personal/follow-commands.ts';
import type { Database } from '../../storage/database.ts';
import type { Append, Outcome } from '../../stream/append.ts';
import { deleteMessage, editMessage, postMessage } from '../commands.ts';
import { eventsFor, history, messageFor } from '../history/queries.ts';
import { readAll } from '../read-cursors/read-all.ts';
import { ReadCursors } from '../read-cursors/read-cursors.ts';
import { seenBy } from '../read-cursors/seen-by.ts';
import { eraseMessages } from '../redaction/erase.ts';
import { readAllThreads, readThread } from './thread-cursors.ts';
import { followedThreads, threadCursorsOf, threadPage } from './thread-queries.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;
let ann: AccountId;
let bob: AccountId;
let cyd: AccountId;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
  ann = await aUser(append, 'ann');
  bob = await aUser(append, 'bob');
  cyd = await aUser(append, 'cyd');
});
afterAll(() => server.stop());

const replies = async (
  actor: AccountId,
  id: ConversationId,
  thread: Seq,
  body: string,
  alsoInConversation = false,
): Promise<Seq> => {
  const place = { thread, alsoInConversation };
  return stored(await postMessage(append, about(actor, id), body, { inThread: place })).seq;
};

const shown = async (id: ConversationId, seq: Seq): Promise<Message> => {
  const message = await messageFor(db.pool, ann, id, seq);
  if (!message) throw new Error(`There is no message ${seq}`);
  return message;
};

const pageOf = async (
  account: AccountId,
  id: ConversationId,
  thread: Seq,
  request: { before?: number; after?: number; around?: number; limit?: number } = {},
): Promise<ThreadPage> => {
  const page = await threadPage(db.pool, account, id, thread, { limit: 50, ...request });
  if (typeof page === 'string') throw new Error(page);
  return page;
};

const follow = (actor: AccountId, conversation: ConversationId, thread: Seq) =>
  followThread(append, { actor, clientId: aClientId(), conversation, thread });
const unfollow = (actor: AccountId, conversation: ConversationId, thread: Seq) =>
  unfollowThread(append, { actor, clientId: aClientId(), conversation, thread });

describe('a reply in a thread', () => {
  test('refuses a reply without a root, to a reply, and under a deleted message', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const elsewhere = await aRealGroup(append, [ann, bob]);
    const there = await says(append, ann, elsewhere, 'there');
    const root = await says(append, ann, id, 'root');
    const reply = await replies(bob, id, root, 'reply');
    const deleted = await says(append, ann, id, 'deleted');
    stored(await deleteMessage(append, about(ann, id), deleted));
    const to = async (thread: number) => {
      const place = { thread: thread as Seq, alsoInConversation: false };
      return verdict(await postMessage(append, about(bob, id), 'x', { inThread: place }));
    };
    expect(await Promise.all([0, 1, there + 50, reply, deleted, root].map(to))).toEqual([
      'message_not_found',
      'message_not_found',
      'message_not_found',
      'is_reply',
      'message_deleted',
      'yes',
    ]);
  });

  test('a reply is a different command than the same text outside the thread', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const root = await says(append, ann, id, 'root');
    const request = about(bob, id);
    const place = { thread: root, alsoInConversation: false };
    const first = stored(await postMessage(append, request, 'same', { inThread: place }));
    const again = stored(await postMessage(append, request, 'same', { inThread: place }));
    expect(again).toMatchObject({ seq: first.seq, repeated: true });
    expect(verdict(await postMessage(append, request, 'same'))).toBe('client_id_reused');
  });

  test('a reply needs the minimum role of the group, and that of posts to be in the conversation too', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const root = await says(append, ann, id, 'root');
    const post = async (alsoInConversation: boolean) => {
      const place = { thread: root, alsoInConversation };
      return verdict(await postMessage(append, about(bob, id), 'x', { inThread: place }));
    };
    const may = async () =>
      (await conversationFor(db.pool, bob, id))?.permissions.filter(
        (p) => p === 'post' || p === 'reply_in_threads',
      );
    // An announcement group stays one until it decides otherwise.
    stored(await changeMinimumRoles(append, about(ann, id), { post: 'admin' }));
    expect([await post(false), await post(true), await may()]).toEqual([
      'forbidden',
      'forbidden',
      [],
    ]);
    stored(await changeMinimumRoles(append, about(ann, id), { replyInThreads: 'member' }));
    expect([await post(false), await post(true), await may()]).toEqual([
      'yes',
      'forbidden',
      ['reply_in_threads'],
    ]);
    const roles = { post: 'member', replyInThreads: 'admin' } as const;
    stored(await changeMinimumRoles(append, about(ann, id), roles));
    expect([await post(false), await post(true), await may()]).toEqual([
      'forbidden',
      'forbidden',
      ['post'],
    ]);
  });

  test('a deleted reply stays a reply in its event and its row', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const root = await says(append, ann, id, 'root');
    const reply = await replies(bob, id, root, 'secret', true);
    stored(await editMessage(append, about(bob, id), reply, 'secret too'));
    stored(await deleteMessage(append, about(bob, id), reply));
    const events = await eventsFor(db.pool, ann, streamOfConversation(id), { after: 0, limit: 99 });
    const posted = events?.items.find((event) => event.seq === reply);
    expect(posted?.data).toEqual({ body: '', thread: root, alsoInConversation: true });
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(await shown(id, reply)).toMatchObject({ thread: root, alsoInConversation: true });
    const outside = await says(append, ann, id, 'outside');
    stored(await deleteMessage(append, about(ann, id), outside));
    const { rows } = await db.pool.query(
      'select data::text as data from events where stream_id = $1 and seq = $2',
      [id, outside],
    );
    expect(rows).toEqual([{ data: '{"body":""}' }]);
    // Later changes in the thread do not count as changes of a deleted root.
    const later = await replies(bob, id, root, 'later');
    const deletion = stored(await deleteMessage(append, about(ann, id), root)).seq;
    stored(await deleteMessage(append, about(bob, id), later));
    expect((await shown(id, root)).changedSeq).toBe(deletion);
  });
});

describe('the pages of a conversation and of its threads', () => {
  test('a page of the conversation is full although there are only replies between', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const roots: Seq[] = [];
    for (let n = 0; n < 4; n++) roots.push(await says(append, ann, id, `root ${n}`));
    const [first] = roots as [Seq];
    const all: Seq[] = [];
    for (let n = 0; n < 60; n++) all.push(await replies(bob, id, first, `reply ${n}`));
    const also = await replies(bob, id, first, 'for everyone', true);
    const last = await says(append, ann, id, 'last');
    const page = await history(db.pool, ann, id, { limit: 3 });
    expect(page?.items.map((m) => m.seq)).toEqual([roots[3], also, last]);
    expect(page).toMatchObject({ hasOlder: true, hasNewer: false });
    const around = await history(db.pool, ann, id, { around: all[30], limit: 4 });
    expect(around?.items.map((m) => m.seq)).toEqual([roots[2], roots[3], also, last]);
    const { root, items, hasOlder, hasNewer } = await pageOf(ann, id, first, { limit: 5 });
    expect(items.map((m) => m.seq)).toEqual([...all.slice(-4), also]);
    expect([hasOlder, hasNewer]).toEqual([true, false]);
    expect(root.threadSummary).toMatchObject({ replies: 61, lastReplySeq: also, authors: [bob] });
    const middle = await pageOf(ann, id, first, { around: all[30] as Seq, limit: 4 });
    expect(middle.items.map((m) => m.seq)).toEqual(all.slice(28, 32));
    expect([middle.hasOlder, middle.hasNewer]).toEqual([true, true]);
    const older = await pageOf(ann, id, first, { before: all[2] as Seq });
    expect(older.items.map((m) => m.seq)).toEqual(all.slice(0, 2));
  });

  test('refuses pages of a thread to non-members, without a root and for a reply', async () => {
    const id = await aRealGroup(append, [ann, bob], 'private');
    const root = await says(append, ann, id, 'root');
    const reply = await replies(bob, id, root, 'reply');
    const tell = (account: AccountId, seq: number) =>
      threadPage(db.pool, account, id, seq as Seq, { limit: 5 });
    expect(await tell(cyd, root)).toBe('conversation_not_found');
    expect(await tell(ann, root + 50)).toBe('message_not_found');
    expect(await tell(ann, reply)).toBe('is_reply');
    expect(verdict(await follow(cyd, id, root))).toBe('conversation_not_found');
    expect(await readThread(db.pool, cyd, id, root, reply)).toBe('conversation_not_found');
    expect(await readThread(db.pool, ann, id, reply, reply)).toBe('is_reply');
  });
});

describe('a thread is followed', () => {
  const following = async (account: AccountId, id: ConversationId) =>
    (await threadCursorsOf(db.pool, account)).items.filter((c) => c.conversation === id);

  test('accounts that a root mentions since an edit follow its thread, as do those it still mentions', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const root = await says(append, ann, id, 'for @cyd');
    const reply = await replies(ann, id, root, 'reply');
    stored(await editMessage(append, about(ann, id), root, 'still for @cyd'));
    expect(await following(cyd, id)).toMatchObject([{ thread: root, unread: 1 }]);
    expect(await following(bob, id)).toEqual([]);
    stored(await editMessage(append, about(ann, id), root, 'for @cyd and @bob'));
    expect(await following(bob, id)).toMatchObject([{ thread: root, unread: 1 }]);
    stored(await editMessage(append, about(ann, id), root, 'for no one'));
    expect([await following(bob, id), await following(cyd, id)]).toEqual([[], []]);
    stored(await editMessage(append, about(ann, id), reply, 'reply for @bob'));
    expect(await following(bob, id)).toMatchObject([{ unread: 1, unreadMentions: [reply] }]);
  });

  test('accounts that a root mentions follow its thread, and not those that another message mentions', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const plain = await says(append, ann, id, 'for @cyd');
    const root = await says(append, ann, id, 'for @bob');
    await replies(ann, id, root, 'reply');
    const { rows } = await db.pool.query(
      'select message_seq, thread from mentions where conversation_id = $1 order by message_seq',
      [id],
    );
    expect(rows).toEqual([
      { message_seq: plain, thread: null },
      { message_seq: root, thread: root },
    ]);
    expect(await following(cyd, id)).toEqual([]);
  });

  test('a thread is followed from the first time, whatever an edit of an older reply mentions', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const root = await says(append, ann, id, 'root');
    const old = await replies(ann, id, root, 'old');
    const later = await replies(ann, id, root, 'for @cyd');
    const last = await replies(bob, id, root, 'mine');
    expect(await following(cyd, id)).toMatchObject([{ readSeq: later - 1, unread: 2 }]);
    expect(await following(bob, id)).toMatchObject([{ readSeq: last, unread: 0 }]);
    stored(await editMessage(append, about(ann, id), old, 'old, for @bob and @cyd'));
    expect(await following(cyd, id)).toMatchObject([{ readSeq: later - 1, unread: 2 }]);
    expect(await following(bob, id)).toMatchObject([{ readSeq: last, unread: 0 }]);
    // The mention that was first stays the first when its text is edited.
    stored(await editMessage(append, about(ann, id), later, 'still for @cyd'));
    expect(await following(cyd, id)).toMatchObject([{ readSeq: later - 1, unread: 2 }]);
  });

  test('replies in a thread that an account chose to follow stay unread when it replies or is mentioned later', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const root = await says(append, ann, id, 'root');
    stored(await follow(cyd, id, root));
    stored(await follow(bob, id, root));
    await replies(ann, id, root, 'not read yet');
    await replies(cyd, id, root, 'mine');
    expect(await following(cyd, id)).toMatchObject([{ readSeq: root, unread: 1 }]);
    await replies(ann, id, root, 'for @bob');
    expect(await following(bob, id)).toMatchObject([{ readSeq: root, unread: 3 }]);
  });

  test('a thread that an account chose to follow is listed before it has replies', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const root = await says(append, ann, id, 'root for @bob');
    stored(await follow(cyd, id, root));
    expect(await following(cyd, id)).toMatchObject([
      { thread: root, isFollowing: true, readSeq: root, unread: 0 },
    ]);
    expect([await following(ann, id), await following(bob, id)]).toEqual([[], []]);
    stored(await unfollow(cyd, id, root));
    expect(await following(cyd, id)).toEqual([]);
  });

  test('accounts that wrote in a thread, are mentioned there or choose to follow it', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const dan = await aUser(append, 'dan');
    stored(await addMember(append, about(ann, id), dan));
    const root = await says(append, ann, id, 'who comes, @cyd?');
    expect(await following(ann, id)).toEqual([]);
    const first = await replies(bob, id, root, 'me');
    for (const account of [ann, bob, cyd]) {
      expect(await following(account, id)).toMatchObject([{ thread: root, isFollowing: true }]);
    }
    expect(await following(dan, id)).toEqual([]);
    stored(await follow(dan, id, root));
    expect(await following(dan, id)).toMatchObject([{ unread: 0 }]);
    const second = await replies(ann, id, root, 'at @dan’s?');
    expect(await following(dan, id)).toMatchObject([{ unread: 1, unreadMentions: [second] }]);
    expect(await following(cyd, id)).toMatchObject([{ unread: 2 }]);
    stored(await unfollow(cyd, id, root));
    expect(await following(cyd, id)).toEqual([]);
    expect((await pageOf(cyd, id, root)).cursor).toMatchObject({ isFollowing: false, unread: 0 });
    // What was said meanwhile counts as read when it is followed again.
    await replies(bob, id, root, 'yes, @cyd');
    stored(await follow(cyd, id, root));
    expect(await following(cyd, id)).toMatchObject([{ unread: 0 }]);
    stored(await follow(cyd, id, root));
    expect(verdict(await follow(dan, id, first))).toBe('is_reply');
    // Erased with the account, with what it chose not to follow.
    const other = await says(append, ann, id, 'for @dan');
    await replies(ann, id, other, 'reply');
    stored(await unfollow(dan, id, other));
    expect(await following(dan, id)).toMatchObject([{ thread: root, isFollowing: true }]);
    stored((await eraseFollows(append, dan)) as Outcome);
    expect(await eraseFollows(append, dan)).toBeNull();
    const { rows } = await db.pool.query('select from thread_follows where account_id = $1', [dan]);
    expect(rows).toEqual([]);
  });

  test('an account follows a thread until it leaves; replies in between are unread when it returns', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const root = await says(append, ann, id, 'root');
    await replies(cyd, id, root, 'mine');
    stored(await leaveGroup(append, about(cyd, id)));
    await replies(bob, id, root, 'while cyd is away');
    expect(await following(cyd, id)).toEqual([]);
    expect(
      (await followedThreads(db.pool, cyd, { after: null, limit: 50 })).items,
    ).not.toContainEqual(
      expect.objectContaining({ cursor: expect.objectContaining({ conversation: id }) }),
    );
    stored(await joinGroup(append, about(cyd, id)));
    expect(await following(cyd, id)).toMatchObject([{ unread: 1 }]);
  });

  test('a former member can unfollow a thread, and learns nothing else', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd], 'private');
    const root = await says(append, ann, id, 'root');
    const other = await says(append, ann, id, 'other');
    await replies(bob, id, root, 'reply');
    stored(await follow(cyd, id, root));
    stored(await leaveGroup(append, about(cyd, id)));
    expect(verdict(await follow(cyd, id, other))).toBe('conversation_not_found');
    expect(verdict(await unfollow(cyd, id, other))).toBe('conversation_not_found');
    expect(verdict(await unfollow(cyd, id, (other + 50) as Seq))).toBe('conversation_not_found');
    stored(await unfollow(cyd, id, root));
    expect(verdict(await unfollow(cyd, id, root))).toBe('conversation_not_found');
    stored(await addMember(append, about(ann, id), cyd));
    expect(await following(cyd, id)).toEqual([]);
  });

  test('limits the threads followed by choice, not counting those of left groups', async () => {
    const fay = await aUser(append, 'fay');
    const left = await aRealGroup(append, [ann, fay]);
    const id = await aRealGroup(append, [ann, fay]);
    const root = await says(append, ann, id, 'root');
    const add = (conversation: ConversationId, count: number) =>
      db.pool.query(
        `insert into thread_follows (account_id, conversation_id, thread, is_following, since, seq)
         select $1, $2, 1000 + n, true, 0, 1000 + n from generate_series(1, $3::int) n`,
        [fay, conversation, count],
      );
    await add(left, LIMITS.threadFollows);
    expect(verdict(await follow(fay, id, root))).toBe('too_many_follows');
    stored(await leaveGroup(append, about(fay, left)));
    stored(await follow(fay, id, root));
    stored(await unfollow(fay, id, root));
    const remove = () =>
      db.pool.query('delete from thread_follows where account_id = $1 and thread > 1000', [fay]);
    await remove();
    await add(left, LIMITS.threadChoices);
    const other = await says(append, ann, id, 'other');
    expect(verdict(await follow(fay, id, other))).toBe('too_many_follows');
    // What it has chosen before it can change.
    stored(await follow(fay, id, root));
    await remove();
  });

  test('reads all replies of a followed thread at once, over any number of pages; others see who has read a reply', async () => {
    const id = await aRealGroup(append, [ann, bob, cyd]);
    const roots: Seq[] = [];
    const last: Seq[] = [];
    for (let n = 0; n < 5; n++) {
      const root = await says(append, cyd, id, `root ${n}`);
      roots.push(root);
      last.push(await replies(bob, id, root, 'reply'));
    }
    // Who has read the conversation has not read its threads.
    await readAll(db.pool, new ReadCursors(db.pool, testLog), ann);
    const seen = async (seq: Seq | undefined) => {
      const items = await seenBy(db.pool, bob, id, seq as Seq);
      return typeof items === 'string' ? items : items.map((item) => item.account);
    };
    expect(await seen(last[0])).toEqual([]);
    const moves = await readAllThreads(db.pool, cyd, 2);
    expect(moves.filter((m) => m.cursor.conversation === id).map((m) => m.cursor.thread)).toEqual(
      roots,
    );
    expect(await following(cyd, id)).toMatchObject(roots.map(() => ({ unread: 0 })));
    expect(await seen(last[0])).toEqual([cyd]);
  });

  test('a followed thread has no unread replies from before the first join of the account', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const root = await says(append, ann, id, 'root');
    await replies(bob, id, root, 'hello @cyd');
    stored(await joinGroup(append, about(cyd, id)));
    expect(await following(cyd, id)).toMatchObject([{ unread: 0, unreadMentions: [] }]);
    await replies(bob, id, root, 'welcome');
    expect(await following(cyd, id)).toMatchObject([{ unread: 1 }]);
  });

  test('a thread cursor moves forward only, in one version with the read cursors', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const root = await says(append, ann, id, 'root');
    const seqs: Seq[] = [];
    for (let n = 0; n < 4; n++) seqs.push(await replies(bob, id, root, `reply ${n}`));
    const { readVersion } = await threadCursorsOf(db.pool, ann);
    const [, second, third] = seqs as [Seq, Seq, Seq];
    const moved = await readThread(db.pool, ann, id, root, third);
    expect(moved).toMatchObject({ moved: true, version: readVersion + 1 });
    expect(moved).toMatchObject({ cursor: { readSeq: third, unread: 1 } });
    const back = await readThread(db.pool, ann, id, root, second);
    expect(back).toMatchObject({ moved: false, version: readVersion + 1 });
    expect(back).toMatchObject({ cursor: { readSeq: third, unread: 1 } });
    // Moves that wait for each other do not move it back.
    const raced = await Promise.all(
      [third + 1, second, third, third + 1].map((seq) =>
        readThread(db.pool, ann, id, root, seq as Seq),
      ),
    );
    expect(raced.every((move) => typeof move !== 'string')).toBe(true);
    expect(await following(ann, id)).toMatchObject([{ readSeq: third + 1, unread: 0 }]);
    await replies(bob, id, root, 'one more');
    const all = await readAllThreads(db.pool, ann);
    expect(all.filter((move) => move.cursor.conversation === id)).toHaveLength(1);
    expect(await following(ann, id)).toMatchObject([{ unread: 0 }]);
    expect(await readAllThreads(db.pool, ann)).toEqual([]);
  });

  test('the answer to a read remains true when the mention that it followed from is deleted', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const root = await says(append, bob, id, 'root');
    const first = await replies(bob, id, root, 'first');
    const mention = await replies(bob, id, root, 'and @ann');
    // Ann follows the thread from the mention on, and has read further than she says.
    const { readVersion } = await threadCursorsOf(db.pool, ann);
    const move = await readThread(db.pool, ann, id, root, root);
    expect(move).toMatchObject({ moved: false, version: readVersion });
    expect(move).toMatchObject({ cursor: { readSeq: first, unread: 1 } });
    // Now she follows it from its root on.
    stored(await editMessage(append, about(bob, id), root, 'root for @ann'));
    stored(await deleteMessage(append, about(bob, id), mention));
    expect(await following(ann, id)).toMatchObject([{ readSeq: first, unread: 0 }]);
  });

  test('lists followed threads with unread ones first, page by page', async () => {
    const eve = await aUser(append, `eve${Date.now()}`);
    const id = await aRealGroup(append, [eve, bob]);
    const roots: Seq[] = [];
    for (let n = 0; n < 7; n++) {
      const root = await says(append, eve, id, `root ${n}`);
      await replies(bob, id, root, 'reply');
      roots.push(root);
    }
    for (const n of [1, 4, 5]) {
      await readThread(db.pool, eve, id, roots[n] as Seq, ((roots.at(-1) as Seq) + 1) as Seq);
    }
    // It has written this one, too, and follows it no more.
    const ended = await says(append, eve, id, 'ended');
    await replies(bob, id, ended, 'reply');
    stored(await unfollow(eve, id, ended));
    const listed: Seq[] = [];
    let after: Awaited<ReturnType<typeof followedThreads>>['next'] = null;
    do {
      const page = await followedThreads(db.pool, eve, { after, limit: 2 });
      listed.push(...page.items.map((item) => item.root.seq));
      after = page.next;
    } while (after);
    expect(listed).toEqual([6, 3, 2, 0, 5, 4, 1].map((n) => roots[n]));
  });
});

test('the erasure of an author leaves what is left of its threads at the roots', async () => {
  const id = await aRealGroup(append, [ann, bob, cyd]);
  const root = await says(append, ann, id, 'root');
  const alone = await says(append, ann, id, 'alone');
  await replies(bob, id, root, 'one');
  await replies(cyd, id, root, 'kept');
  const last = await replies(ann, id, root, 'the last that is kept');
  await replies(bob, id, root, 'two');
  await replies(bob, id, alone, 'three');
  const erased = await eraseMessages({ pool: db.pool, append }, bob, id, 0 as Seq);
  expect(erased?.outcome.kind).toBe('stored');
  const summary = { replies: 2, lastReplySeq: last, authors: [ann, cyd] };
  expect((await shown(id, root)).threadSummary).toMatchObject(summary);
  expect((await shown(id, alone)).threadSummary).toBeNull();
  const events = await eventsFor(db.pool, ann, streamOfConversation(id), { after: 0, limit: 99 });
  const deletions = events?.items.filter((event) => event.type === 'message.deleted');
  expect(deletions?.map((event) => event.data)).toEqual([
    expect.objectContaining({ thread: root, threadSummary: expect.objectContaining(summary) }),
    expect.objectContaining({ thread: root, threadSummary: expect.objectContaining(summary) }),
    expect.objectContaining({ thread: alone, threadSummary: null }),
  ]);
});

/** What follows from the log of a conversation, computed without any of the product’s code. */
function fromLog(
  events: readonly Event[],
  me: AccountId,
  readSeq: number,
  cursors: Map<number, number>,
) {
  const messages = new Map<
    number,
    {
      seq: number;
      author: string;
      thread: number | null;
      also: boolean;
      gone: boolean;
      mine: boolean;
      /** The event that mentioned me by name. */
      named: number | null;
    }
  >();
  for (const { type, seq, actor, data } of events) {
    const mine = (mentions: readonly { kind: string; id?: string }[] = []) =>
      mentions.some((m) => m.kind === 'everyone' || m.id === me);
    const names = (mentions: readonly { kind: string; id?: string }[] = []) =>
      actor !== me && mentions.some((m) => m.id === me);
    if (type === 'message.posted') {
      const { thread = null, alsoInConversation: also = false, mentions } = data;
      const named = names(mentions) ? seq : null;
      const message = {
        seq,
        author: actor,
        thread,
        also,
        gone: false,
        mine: mine(mentions),
        named,
      };
      messages.set(seq, message);
    } else if (type === 'message.edited' || type === 'message.deleted') {
      const message = messages.get(data.message);
      if (!message) continue;
      if (type === 'message.deleted') {
        Object.assign(message, { gone: true, mine: false, named: null });
      } else {
        message.mine = mine(data.mentions);
        message.named = names(data.mentions) ? (message.named ?? seq) : null;
      }
    }
  }
  /** Where the first event that made me follow the thread says that I start to read; null if none did. */
  const startOf = (root: number): number | null => {
    const inThread = all.filter((m) => m.thread === root);
    if (inThread.length === 0) return null;
    const both = all.filter((m) => m.thread === root || m.seq === root);
    const causes = both.flatMap((m) => [
      ...(m.author === me ? [{ event: m.seq, start: m.seq }] : []),
      ...(m.named === null ? [] : [{ event: m.named, start: m.seq - 1 }]),
    ]);
    return causes.sort((a, b) => a.event - b.event)[0]?.start ?? null;
  };
  const all = [...messages.values()];
  const counted = (list: typeof all) => ({
    unread: Math.min(LIMITS.unreadMax, list.filter((m) => m.author !== me && !m.gone).length),
    unreadMentions: list.filter((m) => m.author !== me && m.mine).map((m) => m.seq),
  });
  return {
    conversation: counted(all.filter((m) => m.seq > readSeq && (m.thread === null || m.also))),
    thread: (root: number) => {
      const start = startOf(root);
      if (start === null) return { isFollowing: false, unread: 0, unreadMentions: [] };
      const after = cursors.get(root) ?? start;
      const unread = counted(all.filter((m) => m.thread === root && m.seq > after));
      return { isFollowing: true, ...unread };
    },
    summary: (root: number) => {
      const left = all.filter((m) => m.thread === root && !m.gone);
      const authors = [...new Set(left.map((m) => m.author).reverse())].slice(0, 3);
      return left.length === 0
        ? null
        : { replies: left.length, lastReplySeq: left.at(-1)?.seq, authors };
    },
    timeline: all.filter((m) => m.thread === null || m.also).map((m) => m.seq),
  };
}

test('the last reply of a thread has its own time, even if the clock was set back before it', async () => {
  const id = await aRealGroup(append, [ann, bob]);
  const root = await says(append, ann, id, 'root');
  const early = await replies(bob, id, root, 'an hour ahead');
  await replies(bob, id, root, 'after the clock was set back');
  const later = [id, early];
  await db.pool.query(
    `update events set at = at + interval '1 hour' where stream_id = $1 and seq = $2`,
    later,
  );
  await db.pool.query(
    `update messages set posted_at = posted_at + interval '1 hour'
     where conversation_id = $1 and seq = $2`,
    later,
  );
  // The doctor replays both replies in one statement.
  const differing = (await examine(db.pool)).filter(({ table }) => table === 'threads');
  expect(differing).toEqual([]);
});

test('counts and lists follow from the log, whatever is posted, edited, deleted and read', async () => {
  const step = fc.record({
    what: fc.constantFrom(
      ...(['post', 'reply', 'reply', 'also', 'edit', 'edit', 'edit root', 'delete'] as const),
      ...(['read', 'readAll'] as const),
    ),
    who: fc.nat(2),
    at: fc.nat(7),
    text: fc.constantFrom('x', 'to @ann', 'to @everyone', 'to @bob'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const id = await aRealGroup(append, [ann, bob, cyd]);
      const people = [ann, bob, cyd];
      const authors = [ann, bob];
      const roots = [await says(append, ann, id, 'r0'), await says(append, bob, id, 'r1')];
      const posted: { seq: Seq; author: AccountId; root: boolean }[] = [];
      const cursors = new Map<number, number>();
      for (const { what, who, at, text } of steps) {
        const actor = people[who] as AccountId;
        const root = roots[at % 2] as Seq;
        const target = posted[at % Math.max(1, posted.length)];
        if (what === 'post') {
          posted.push({ seq: await says(append, actor, id, text), author: actor, root: false });
        } else if (what === 'reply' || what === 'also') {
          const seq = await replies(actor, id, root, text, what === 'also');
          posted.push({ seq, author: actor, root: false });
        } else if (what === 'edit root') {
          stored(
            await editMessage(
              append,
              about(authors[at % 2] as AccountId, id),
              root,
              `${text} ${who}`,
            ),
          );
        } else if (what === 'edit' && target) {
          await editMessage(append, about(target.author, id), target.seq, text);
        } else if (what === 'delete' && target) {
          await deleteMessage(append, about(target.author, id), target.seq);
        } else if (what === 'read' && target) {
          const move = await readThread(db.pool, ann, id, root, target.seq);
          if (typeof move !== 'string' && move.cursor.isFollowing) {
            cursors.set(root, move.cursor.readSeq);
          }
        } else if (what === 'readAll') {
          for (const { cursor } of await readAllThreads(db.pool, ann)) {
            if (cursor.conversation === id) cursors.set(cursor.thread, cursor.readSeq);
          }
        }
      }
      const events = await eventsFor(db.pool, ann, streamOfConversation(id), {
        after: 0,
        limit: 500,
      });
      const view = await conversationFor(db.pool, ann, id);
      const expected = fromLog(events?.items ?? [], ann, view?.readSeq ?? 0, cursors);
      expect(view).toMatchObject(expected.conversation);
      expect((await history(db.pool, ann, id, { limit: 200 }))?.items.map((m) => m.seq)).toEqual(
        expected.timeline,
      );
      for (const root of roots) {
        const page = await pageOf(ann, id, root);
        const summary = expected.summary(root);
        if (summary === null) expect(page.root.threadSummary).toBeNull();
        else expect(page.root.threadSummary).toMatchObject(summary);
        expect(page.cursor).toMatchObject(expected.thread(root));
      }
    }),
    { numRuns: 20 },
  );
  const found = await examine(db.pool);
  const ours = [
    'events',
    'messages',
    'mentions',
    'threads',
    'thread_participants',
    'thread_follows',
  ];
  expect(found.filter((f) => ours.includes(f.table))).toEqual([]);
});

// The last one: its replies have no events.
test('replies that are only in threads are not read for the rest of the conversation', async () => {
  const id = await aRealGroup(append, [ann, bob]);
  const root = await says(append, ann, id, 'root');
  for (const text of ['one', 'two']) await says(append, ann, id, text);
  const many = 20_000;
  await db.pool.query(
    `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq, thread)
     select $1, $2::int8 + 2 + n, $3, 'reply', now(), $2::int8 + 2 + n, $2
     from generate_series(1, $4::int) n`,
    [id, root, bob, many],
  );
  await db.pool.query('update streams set last_seq = last_seq + $2 where id = $1', [id, many]);
  await says(append, bob, id, 'after');
  await db.pool.query('analyze messages');
  /** The most rows that a step of the plan of a query reads. */
  const rowsRead = async (query: (pool: Pool) => Promise<unknown>): Promise<number> => {
    const asked: { text: string; values: unknown[] }[] = [];
    const observed = new Proxy(db.pool, {
      get: (pool, key) =>
        key === 'query'
          ? (q: { text: string; values: unknown[] }) => {
              asked.push(q);
              return pool.query(q);
            }
          : Reflect.get(pool, key),
    });
    await query(observed);
    const [first] = asked;
    if (!first) throw new Error('Nothing was asked');
    const { rows } = await db.pool.query(
      `explain (analyze, format json) ${first.text}`,
      first.values,
    );
    return mostRows(rows[0]['QUERY PLAN'][0].Plan);
  };
  const page = { limit: 50 };
  expect(await rowsRead((pool) => history(pool, bob, id, page))).toBeLessThan(100);
  const around = { around: root + 5, limit: 2 };
  expect(await rowsRead((pool) => history(pool, bob, id, around))).toBeLessThan(100);
  expect(await rowsRead((pool) => conversationFor(pool, ann, id))).toBeLessThan(100);
  const cursors = new ReadCursors(db.pool, testLog);
  expect(await rowsRead((pool) => readAll(pool, cursors, ann))).toBeLessThan(100);
  // A thread is shown and counted up to the limit of unread replies, and changes without a new
  // count.
  const last = (root + 2 + many) as Seq;
  await db.pool.query(
    `insert into threads (conversation_id, thread, replies, last_reply_seq, last_reply_at, authors)
     values ($1, $2, $3, $4, now(), array[$5::uuid])`,
    [id, root, many, last, bob],
  );
  const shownPage = (pool: Pool) => threadPage(pool, ann, id, root, { limit: 50 });
  expect(await rowsRead(shownPage)).toBeLessThanOrEqual(LIMITS.unreadMax);
  expect(await rowsRead((pool) => threadCursorsOf(pool, ann))).toBeLessThanOrEqual(
    LIMITS.unreadMax,
  );
  stored(await deleteMessage(append, about(bob, id), last));
  const again = await replies(ann, id, root, 'again');
  expect((await shown(id, root)).threadSummary).toMatchObject({
    replies: many,
    lastReplySeq: again,
    authors: [ann, bob],
  });
});

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const mostRows = (plan: Plan): number =>
  Math.max(
    plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0),
    ...(plan.Plans ?? []).map(mostRows),
  );
