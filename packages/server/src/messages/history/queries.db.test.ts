import {
  type AccountId,
  type ConversationId,
  type Message,
  type Seq,
  streamOfAccount,
  streamOfConversation,
  TIMELINE_EVENTS_SPAN,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase } from '../../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  says,
  stored,
} from '../../../test/support/domain-builders.ts';
import { aClientId, anAccount, upTo } from '../../../test/support/stream-builders.ts';
import { joinGroup, leaveGroup } from '../../conversations/members.ts';
import { updateGroup } from '../../conversations/settings.ts';
import type { Database } from '../../storage/database.ts';
import type { Append } from '../../stream/append.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  pinMessage,
  postMessage,
  removeReaction,
} from '../commands.ts';
import { editHistory } from './edit-history.ts';
import type { History, TimedHistoryRequest } from './history-page.ts';
import { PAGE_BYTES } from './page-bytes.ts';
import { eventsFor, history, messageFor, type PinnedPage, pinnedMessages } from './queries.ts';
import { timelineEvents } from './timeline-events.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;
let ann: AccountId;
let bob: AccountId;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
  [ann, bob] = await Promise.all([anAccount(db.pool), anAccount(db.pool)]);
});
afterAll(() => server.stop());

const page = async (id: ConversationId, request: TimedHistoryRequest): Promise<History> => {
  const found = await history(db.pool, ann, id, request);
  if (!found) throw new Error('not a member');
  return found;
};
const seqs = (items: readonly Message[]) => items.map((m) => m.seq);

describe('a page of history', () => {
  let id: ConversationId;
  /** The seqs of all messages; reactions and deletions lie between them. */
  let all: Seq[];

  beforeAll(async () => {
    id = await aRealGroup(append, [ann, bob]);
    all = [];
    for (const n of upTo(60)) {
      const seq = await says(append, n % 3 === 0 ? bob : ann, id, `message ${n}`);
      all.push(seq);
      if (n % 4 === 0) await addReaction(append, about(bob, id), seq, '👍');
      if (n % 10 === 0) await deleteMessage(append, about(n % 3 === 0 ? bob : ann, id), seq);
    }
  });

  test('a page of history has the latest messages by default', async () => {
    const newest = await page(id, { limit: 7 });
    expect(seqs(newest.items)).toEqual(all.slice(-7));
    expect(newest).toMatchObject({ hasOlder: true, hasNewer: false });
    const { rows } = await db.pool.query('select last_seq from streams where id = $1', [id]);
    expect(newest.asOf).toBe(rows[0].last_seq);
  });

  test('paging in both directions, from any seq, in any steps, covers every message once', async () => {
    const last = (all.at(-1) ?? 0) + 10;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: last }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (around, steps) => {
          let turn = 0;
          const limit = () => steps[turn++ % steps.length] ?? 1;
          const first = await page(id, { around, limit: limit() });
          const walked = seqs(first.items);
          let { hasOlder, hasNewer } = first;
          while (hasOlder) {
            const older = await page(id, { before: walked[0] ?? around, limit: limit() });
            expect(older.hasNewer).toBe(walked.length > 0 || first.hasNewer);
            walked.unshift(...seqs(older.items));
            hasOlder = older.hasOlder;
          }
          while (hasNewer) {
            const after = walked.at(-1) ?? around - 1;
            const newer = await page(id, { after, limit: limit() });
            walked.push(...seqs(newer.items));
            hasNewer = newer.hasNewer;
          }
          expect(walked).toEqual(all);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a page around a seq contains that message and at most `limit` messages', async () => {
    const target = all[30] as Seq;
    const around = await page(id, { around: target, limit: 10 });
    expect(seqs(around.items)).toEqual(all.slice(25, 35));
    expect(around).toMatchObject({ hasOlder: true, hasNewer: true });
    expect((await page(id, { before: 0, limit: 5 })).items).toEqual([]);
    const none = await page(id, { after: Number.MAX_SAFE_INTEGER, limit: 5 });
    expect(none).toMatchObject({ items: [], hasOlder: true, hasNewer: false });
  });

  test('a page around a time has the first message that is not earlier in the middle', async () => {
    const { rows } = await db.pool.query<{ seq: Seq; at: Date }>(
      'select seq, posted_at as at from messages where conversation_id = $1 order by seq',
      [id],
    );
    const day = 86_400_000;
    const start = Date.parse('2026-03-01T12:00:00Z');
    await db.pool.query(
      `update messages g set posted_at = $2::timestamptz + (n.n - 1) * interval '1 day'
       from (select seq, row_number() over (order by seq) as n
             from messages where conversation_id = $1) n
       where g.conversation_id = $1 and g.seq = n.seq`,
      [id, new Date(start).toISOString()],
    );
    const first = async (time: number, limit = 1) =>
      seqs((await page(id, { aroundTime: new Date(time).toISOString(), limit })).items);
    for (const [n, { seq }] of rows.entries()) {
      expect(await first(start + n * day)).toEqual([seq]);
      expect(await first(start + n * day - 1)).toEqual([seq]);
    }
    expect(await first(0)).toEqual([all[0]]);
    expect(await first(start + 30 * day, 4)).toEqual(all.slice(28, 32));
    // After the last one, the latest messages.
    expect(await first(start + 1_000 * day, 3)).toEqual(all.slice(-3));
    for (const { seq, at } of rows) {
      await db.pool.query(
        'update messages set posted_at = $3 where conversation_id = $1 and seq = $2',
        [id, seq, at],
      );
    }
  });

  test('history includes messages from before the member joined, and is for members only', async () => {
    const cem = await anAccount(db.pool);
    expect(await history(db.pool, cem, id, { limit: 5 })).toBeNull();
    await joinGroup(append, about(cem, id));
    expect((await history(db.pool, cem, id, { limit: 200 }))?.items).toHaveLength(60);
  });
});

describe('a page of long texts', () => {
  // 60,000 bytes: nine of them fill a page.
  const body = '😀'.repeat(15_000);
  const perPage = Math.ceil(PAGE_BYTES / 60_000);
  let id: ConversationId;
  let all: Seq[];
  beforeAll(async () => {
    id = await aRealGroup(append, [ann]);
    all = [];
    for (const _ of upTo(30)) all.push(await says(append, ann, id, body));
  });

  test('pages of long pinned messages end early, and together miss none', async () => {
    const pinned = all.slice(0, perPage + 3);
    for (const seq of pinned) {
      await pinMessage(append, about(ann, id), seq);
    }
    const walked: Seq[][] = [];
    for (let before: Seq | null = null; ; ) {
      const { items, next } = (await pinnedMessages(db.pool, ann, id, before)) as PinnedPage;
      walked.push(seqs(items));
      if (next === null) break;
      before = next;
    }
    expect(walked.map(({ length }) => length)).toEqual([perPage, 3]);
    expect(walked.flat()).toEqual(pinned.toReversed());
    expect(await pinnedMessages(db.pool, bob, id)).toBeNull();
  });

  test('pages of long history end early, and together miss nothing', async () => {
    const newest = await page(id, { limit: 200 });
    expect(seqs(newest.items)).toEqual(all.slice(-perPage));
    expect(newest).toMatchObject({ hasOlder: true, hasNewer: false });
    const around = await page(id, { around: all[15] as Seq, limit: 200 });
    expect(seqs(around.items)).toEqual(all.slice(15 - perPage, 15 + perPage));
    expect(around).toMatchObject({ hasOlder: true, hasNewer: true });
    const walked: Seq[] = [];
    for (let hasNewer = true; hasNewer; ) {
      const next = await page(id, { after: walked.at(-1) ?? 0, limit: 20 });
      walked.push(...seqs(next.items));
      hasNewer = next.hasNewer;
    }
    expect(walked).toEqual(all);
    expect(seqs((await page(id, { limit: 1 })).items)).toEqual(all.slice(-1));
  });

  test.each([
    [
      'link previews',
      `insert into link_previews (conversation_id, message_seq, position, url, preview)
       select $1, unnest($2::int8[]), 1, 'x', jsonb_build_object('title', repeat('x', 60000))`,
    ],
    [
      'files',
      `insert into attachments (conversation_id, message_seq, position, file_id, file)
       select $1, unnest($2::int8[]), 1, gen_random_uuid(),
         jsonb_build_object('name', repeat('x', 60000))`,
    ],
  ])('of messages with %s ends early', async (_what, sql) => {
    const group = await aRealGroup(append, [ann]);
    const posted: Seq[] = [];
    for (const _ of upTo(12)) posted.push(await says(append, ann, group, 'x'));
    await db.pool.query(sql, [group, posted]);
    expect(seqs((await page(group, { limit: 200 })).items)).toEqual(posted.slice(-perPage));
  });

  test('pages of long events end early, and together miss none', async () => {
    const walked: number[] = [];
    const stream = streamOfConversation(id);
    for (let pages = 1; ; pages++) {
      const after = walked.at(-1) ?? 0;
      const next = await eventsFor(db.pool, ann, stream, { after, limit: 500 });
      walked.push(...(next?.items ?? []).map((e) => e.seq));
      if (walked.at(-1) === next?.lastSeq) {
        expect(pages).toBe(Math.ceil(30 / perPage));
        break;
      }
    }
    // The first event is the one before ann joined; the last ones are of pins.
    expect(walked).toEqual(upTo((all.at(-1) as number) + perPage + 3).slice(1));
  });

  test('pages of a long edit history end early, and together miss nothing', async () => {
    const seq = await says(append, ann, id, body);
    const versions: number[] = [seq];
    for (const n of upTo(12)) {
      const edited = await editMessage(append, about(ann, id), seq, `${n} ${body}`);
      versions.unshift(stored(edited).seq);
    }
    const walked: number[] = [];
    for (let hasOlder = true; hasOlder; ) {
      const before = walked.at(-1) as Seq | undefined;
      const next = await editHistory(db.pool, ann, id, seq, { before, limit: 200 });
      if (typeof next === 'string') throw new Error(next);
      expect(next.items.length).toBeLessThanOrEqual(perPage);
      walked.push(...next.items.map((v) => v.seq));
      hasOlder = next.hasOlder;
    }
    expect(walked).toEqual(versions);
  });
});

describe('a message', () => {
  test('a message has the state that follows from its events', async () => {
    const id = await aRealGroup(append, [ann, bob]);
    const seq = await says(append, ann, id, 'frist');
    await editMessage(append, about(ann, id), seq, 'first');
    await addReaction(append, about(bob, id), seq, '🎉');
    await addReaction(append, about(ann, id), seq, '👍');
    await addReaction(append, about(ann, id), seq, '🎉');
    const last = stored(await addReaction(append, about(bob, id), seq, '👍'));

    const message = await messageFor(db.pool, bob, id, seq);
    expect(message).toMatchObject({
      conversation: id,
      seq,
      author: ann,
      body: 'first',
      deletedAt: null,
      changedSeq: last.seq,
      // Emoji in the order of their first use, accounts in the order of their reactions.
      reactions: [
        { emoji: '🎉', accounts: [bob, ann] },
        { emoji: '👍', accounts: [ann, bob] },
      ],
    });
    expect(message?.editedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    await removeReaction(append, about(bob, id), seq, '🎉');
    await deleteMessage(append, about(ann, id), seq);
    const deleted = await messageFor(db.pool, bob, id, seq);
    expect(deleted).toMatchObject({ body: '', reactions: [] });
    expect(deleted?.deletedAt).not.toBeNull();
    expect(await messageFor(db.pool, bob, id, (seq + 1) as Seq)).toBeUndefined();
  });

  test('a message has the same time in the event, the page and the answer', async () => {
    const id = await aRealGroup(append, [ann]);
    const { at, seq } = stored(await postMessage(append, about(ann, id), 'now'));
    const events = await eventsFor(db.pool, ann, streamOfConversation(id), { after: 2, limit: 9 });
    expect(events?.items[0]?.at).toBe(at);
    expect((await messageFor(db.pool, ann, id, seq))?.postedAt).toBe(at);
  });
});

describe('events over REST', () => {
  test('events over REST are those of the personal and workspace streams, and of no other personal stream', async () => {
    const own = await eventsFor(db.pool, ann, streamOfAccount(ann), { after: 0, limit: 500 });
    expect(own?.items.map((e) => e.seq)).toEqual(upTo(own?.lastSeq ?? 0));
    const workspace = await eventsFor(db.pool, ann, WORKSPACE_STREAM, { after: 0, limit: 1 });
    expect(workspace?.items[0]).toMatchObject({ op: 'event', seq: 1, type: 'group.created' });
    expect(await eventsFor(db.pool, ann, streamOfAccount(bob), { after: 0, limit: 1 })).toBeNull();
    const nothing = aClientId() as string as ReturnType<typeof streamOfAccount>;
    expect(await eventsFor(db.pool, ann, nothing, { after: 0, limit: 1 })).toBeNull();
  });
});

describe('timeline events', () => {
  test('are those of a span of seqs, for members only, and from before they joined too', async () => {
    const id = await aRealGroup(append, [bob]);
    await says(append, bob, id, 'not a timeline event');
    stored(await updateGroup(append, about(bob, id), { topic: 'colors' }));
    expect(await timelineEvents(db.pool, ann, id, 0 as Seq)).toBeNull();
    stored(await joinGroup(append, about(ann, id)));
    const items = (await timelineEvents(db.pool, ann, id, 0 as Seq)) ?? [];
    expect(items).toMatchObject([
      { seq: 1, type: 'conversation.created', actor: bob },
      { seq: 2, type: 'member.joined', data: { account: bob } },
      { seq: 4, type: 'conversation.updated', actor: bob, data: { topic: 'colors' } },
      { seq: 5, type: 'member.joined', data: { account: ann } },
    ]);
    expect(await timelineEvents(db.pool, ann, id, 4 as Seq)).toEqual(items.slice(3));
    const before = (4 + TIMELINE_EVENTS_SPAN) as Seq;
    await db.pool.query(
      `insert into events (stream_id, seq, type, actor_id, at, data)
       select stream_id, $2, type, actor_id, at, data from events where stream_id = $1 and seq = 5`,
      [id, before + 1],
    );
    expect(await timelineEvents(db.pool, ann, id, before)).toHaveLength(1);
    expect(await timelineEvents(db.pool, ann, id, 4 as Seq)).toHaveLength(1);
    stored(await leaveGroup(append, about(ann, id)));
    expect(await timelineEvents(db.pool, ann, id, 0 as Seq)).toBeNull();
  });
});
