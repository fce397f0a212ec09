import { createHash, randomUUID } from 'node:crypto';
import {
  type AccountId,
  type ConversationId,
  type FileId,
  parseSearch,
  SearchMessagesQuery,
  type Seq,
} from '@parley/protocol';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aDirect,
  aRealGroup,
  asking,
  aUser,
  says,
  stored,
} from '../../test/support/domain-builders.ts';
import { deleteGroup, openDirect } from '../conversations/commands.ts';
import { joinGroup, leaveGroup, removeMember } from '../conversations/members.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  pinMessage,
  postMessage,
  postPoll,
  removeReaction,
  unpinMessage,
} from '../messages/commands.ts';
import { saveMessage } from '../personal/saved-commands.ts';
import { systemClock } from '../runtime/clock.ts';
import { withTransaction } from '../storage/database.ts';
import type { Queryable } from '../storage/queryable.ts';
import type { Append } from '../stream/append.ts';
import type { StoredEvent } from '../stream/record.ts';
import { checkIndex, type IndexFault, prepareIndexCheck } from './check.ts';
import { Directory } from './directory.ts';
import { conversationsBehind, fillIndex } from './fill.ts';
import { mergeOnce, purgeStale } from './merge.ts';
import { RecentPosts } from './recent-posts.ts';
import { MessageSearch } from './search.ts';
import { SegmentBuilder } from './segment.ts';
import { SegmentCache } from './segment-cache.ts';
import { emptyIndex, insertSegment, readSegments } from './segment-store.ts';

let cluster: TestCluster;
let pool: pg.Pool;
let append: Append;
let search: MessageSearch;
let ada: AccountId;
let bob: AccountId;
let cyd: AccountId;

beforeAll(async () => {
  cluster = await startTestCluster();
  pool = await withIndex();
  append = await aBootstrappedAppend(pool);
  [ada, bob, cyd] = [
    await aUser(append, 'ada'),
    await aUser(append, 'bob'),
    await aUser(append, 'cyd'),
  ];
  search = new MessageSearch({ pool, clock: systemClock });
});
afterAll(() => cluster.stop());

/** Returns a database with an index of this version, as after the first start. */
async function withIndex(): Promise<pg.Pool> {
  const { pool: fresh } = await (await cluster.fresh()).open();
  await withTransaction(fresh, emptyIndex);
  return fresh;
}

let fills = 0;
/** Indexes everything committed; every other time with the posts in memory, as on their node. */
async function fill(): Promise<void> {
  for (;;) {
    const behind = await conversationsBehind(pool);
    if (behind.length === 0) return;
    const recent = fills++ % 2 === 0 ? new RecentPosts() : await recentPosts(pool, behind);
    await fillIndex(pool, behind, (id) => recent.take(id));
  }
}

/** Returns the posts of conversations that are not indexed, as their node has them in memory. */
async function recentPosts(
  its: pg.Pool,
  conversations: readonly ConversationId[],
): Promise<RecentPosts> {
  const { rows } = await its.query<StoredEvent>(
    `select e.stream_id as stream, e.seq, e.type, e.actor_id as actor, e.data::text as data,
       to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from events e left join search_progress p on p.conversation_id = e.stream_id
     where e.stream_id = any($1) and e.type = 'message.posted' and e.seq > coalesce(p.seq, 0)
     order by e.seq`,
    [conversations],
  );
  const recent = new RecentPosts();
  for (const event of rows) recent.add(event);
  return recent;
}

type Options = Partial<SearchMessagesQuery>;
const page = (account: AccountId, query: string, options: Options = {}) =>
  search.page(account, { ...SearchMessagesQuery.parse({ query }), ...options });

/** Returns the texts of the messages found, the latest first, after indexing what is committed. */
async function found(account: AccountId, query: string, options: Options = {}): Promise<string[]> {
  await fill();
  const { items } = await page(account, query, { limit: 50, ...options });
  return items.map((item) => item.message.body);
}

/** Returns a file that an account has uploaded. */
async function aFile(uploader: AccountId, name: string, mediaType: string): Promise<FileId> {
  const id = randomUUID() as FileId;
  await pool.query(
    `insert into files (id, digest, bytes, name, media_type, uploader_id, created_at)
     values ($1, $2, 1, $3, $4, $5, now())`,
    [id, createHash('sha256').update(id).digest(), name, mediaType, uploader],
  );
  return id;
}

/** Returns the differences between the index and the messages. */
async function faults(): Promise<IndexFault[]> {
  const all: IndexFault[] = [];
  await withTransaction(pool, async (client) => {
    await prepareIndexCheck(client);
    await checkIndex(client, (fault) => all.push(fault));
  });
  return all;
}

let groups = 0;
/** Creates a uniquely named group with these messages by its owner. */
async function aGroup(owner: AccountId, members: readonly AccountId[], bodies: readonly string[]) {
  const name = `topic ${groups++}`;
  const id = await aRealGroup(append, [owner, ...members], 'public', name);
  const seqs: Seq[] = [];
  for (const body of bodies) seqs.push(await says(append, owner, id, body));
  return { id, name, seqs, in: `in:"${name}"` };
}

describe('words', () => {
  test('are found inside other words, and without case and accents, the latest message first', async () => {
    const bodies = ['A résumé', 'resumes', 'presumed', 'nothing'];
    const group = await aGroup(ada, [bob], bodies);
    expect(await found(bob, `${group.in} RESUME`)).toEqual(['presumed', 'resumes', 'A résumé']);
    expect(await found(bob, `${group.in} presum`)).toEqual(['presumed']);
    expect(await found(bob, `${group.in} resumé -a`)).toEqual(['presumed', 'resumes']);
  });

  test('of code, links, wildcards and scripts without spaces are literal', async () => {
    const bodies = [
      'foo_bar() and fooXbar',
      'mask 0xFF',
      'perl: $_ = 1',
      'std::vector<int>',
      'see https://example.org/a?b=100%25',
      'C:\\temp',
      '我们明天去北京',
      'ไปกินข้าวกัน',
      "it's '); drop table messages; --",
    ];
    const group = await aGroup(ada, [], bodies);
    for (const [query, body] of [
      ['foo_bar', 0],
      ['o_b', 0],
      ['0xff', 1],
      ['$_', 2],
      ['::', 3],
      ['vector<int>', 3],
      ['example.org/a?b', 4],
      ['100%', 4],
      ['\\', 5],
      ['C:\\temp', 5],
      ['北京', 6],
      ['明', 6],
      ['ข้าว', 7],
      ["'); drop", 8],
    ] as const) {
      expect(await found(ada, `${group.in} ${query}`), query).toEqual([bodies[body]]);
    }
    expect(await found(ada, `${group.in} foo%bar`)).toEqual([]);
    expect(await found(ada, `${group.in} foo_ar`)).toEqual([]);
  });

  test('in quotes are a phrase, and with a hyphen are excluded', async () => {
    const bodies = ['the big red dog', 'the red big dog', 'a big\n red cat'];
    const group = await aGroup(ada, [], bodies);
    expect(await found(ada, `${group.in} "big red"`)).toEqual([bodies[2], bodies[0]]);
    expect(await found(ada, `${group.in} "big red" -cat`)).toEqual([bodies[0]]);
    expect(await found(ada, `${group.in} big -"big red"`)).toEqual([bodies[1]]);
    expect(await found(ada, `${group.in} -dog`)).toEqual([bodies[2]]);
  });

  test('in quotes are also found as they are displayed, without the markers of Markdown', async () => {
    const bodies = ['**Big** [news](https://example.org/a) today', '`big news`', 'big, news'];
    const group = await aGroup(ada, [], bodies);
    expect(await found(ada, `${group.in} "big news"`)).toEqual([bodies[1], bodies[0]]);
    expect(await found(ada, `${group.in} big -"big news"`)).toEqual([bodies[2]]);
    const { items } = await page(ada, `${group.in} "big news today"`);
    const { text, ranges } = items[0]?.snippet ?? { text: '', ranges: [] };
    expect(ranges.map(({ start, end }) => text.slice(start, end))).toEqual([
      'Big** [news](https://example.org/a) today',
    ]);
  });

  test('are marked in a part of the text', async () => {
    const long = `${'word '.repeat(400)}Nädel im Heu ${'word '.repeat(400)}`;
    const group = await aGroup(ada, [], [long]);
    await fill();
    const { items } = await page(ada, `${group.in} nadel heu`);
    const [item] = items;
    const { text, ranges, isCutBefore, isCutAfter } = item?.snippet ?? { text: '', ranges: [] };
    expect(ranges.map(({ start, end }) => text.slice(start, end))).toEqual(['Nädel', 'Heu']);
    expect([isCutBefore, isCutAfter, text.length <= 240]).toEqual([true, true, true]);
    expect(item?.message.body).toBe(long);
  });

  test('that match best come first on request', async () => {
    const bodies = ['the word exactly', 'wording', 'foreword', 'words'];
    const group = await aGroup(ada, [], bodies);
    const best = await found(ada, `${group.in} word`, { sort: 'best' });
    expect(best).toEqual([bodies[0], bodies[3], bodies[1], bodies[2]]);
    const first = await page(ada, `${group.in} word`, { sort: 'best', limit: 3 });
    await says(append, ada, group.id, 'word');
    await fill();
    const second = await page(ada, `${group.in} word`, {
      sort: 'best',
      limit: 3,
      cursor: first.next as string,
    });
    const all = [...first.items, ...second.items].map((item) => item.message.body);
    expect(all).toEqual(best);
    expect(second.next).toBeNull();
  });

  test('that match best are ranked in parts if there is too much to compare', async () => {
    const bodies = ['the wanted word', ...Array.from({ length: 90 }, (_, n) => `other ${n}`)];
    const group = await aGroup(ada, [], bodies);
    await fill();
    const bounded = new MessageSearch({ pool, clock: systemClock, bounds: { comparedMax: 40 } });
    const query = SearchMessagesQuery.parse({ query: `${group.in} -other`, sort: 'best' });
    const all: string[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages++) {
      const found = await bounded.page(ada, { ...query, ...(cursor && { cursor }) });
      all.push(...found.items.map((item) => item.message.body));
      cursor = found.next;
    }
    expect(all).toEqual(['the wanted word']);
    expect(pages).toBeGreaterThan(1);
  });

  test('a page that runs out of time reads no more of the index, and the next one continues from there', async () => {
    const group = await aGroup(ada, [], ['sought first']);
    await fill();
    // Each in its own segment.
    for (let n = 0; n < 20; n++) {
      await says(append, ada, group.id, `other ${n}`);
      await fill();
    }
    await says(append, ada, group.id, 'sought last');
    await fill();
    const hurried = new MessageSearch({ pool, clock: systemClock, bounds: { pageMs: 0 } });
    for (const sort of ['newest', 'best'] as const) {
      const query = SearchMessagesQuery.parse({ query: `${group.in} sought`, sort });
      const all: string[] = [];
      let pages = 0;
      for (let cursor: string | null | undefined; cursor !== null; pages++) {
        const page = await hurried.page(ada, { ...query, ...(cursor && { cursor }) });
        all.push(...page.items.map((item) => item.message.body));
        cursor = page.next;
      }
      expect([sort, ...all]).toEqual([sort, 'sought last', 'sought first']);
      expect(pages).toBeGreaterThan(2);
    }
  });
});

describe('filters', () => {
  test('of authors and conversations', async () => {
    const group = await aGroup(ada, [bob], ['needle by ada']);
    await says(append, bob, group.id, 'needle by bob');
    const direct = await aDirect(append, ada, bob);
    await says(append, bob, direct, 'needle between us');
    expect(await found(ada, `${group.in} needle from:bob`)).toEqual(['needle by bob']);
    expect(await found(ada, `${group.in} needle from:me`)).toEqual(['needle by ada']);
    expect(await found(ada, `${group.in} needle from:"bob example"`)).toEqual(['needle by bob']);
    expect(await found(ada, `${group.in} needle -from:bob`)).toEqual(['needle by ada']);
    expect(await found(ada, `needle in:@bob`)).toEqual(['needle between us']);
    await says(append, ada, await aDirect(append, ada, ada), 'needle in a note');
    expect(await found(ada, `needle in:@ada`)).toEqual(['needle in a note']);
    expect(await found(ada, `"needle by" in:@bob ${group.in} from:bob from:ada`)).toEqual([
      'needle by bob',
      'needle by ada',
    ]);
    expect(await found(ada, `needle between -in:@bob`)).toEqual([]);
    expect(await found(ada, `needle`, { in: group.name, from: 'bob' })).toEqual(['needle by bob']);
    expect(await found(ada, `needle in:${group.id} from:${bob}`)).toEqual(['needle by bob']);
  });

  test('of links, reactions and pins, as they are now', async () => {
    const group = await aGroup(ada, [], ['a https://example.org', 'b', 'c']);
    const [, b, c] = group.seqs as [Seq, Seq, Seq];
    await fill();
    await addReaction(append, about(ada, group.id), b, '👍');
    await pinMessage(append, about(ada, group.id), c);
    expect(await found(ada, `${group.in} has:link`)).toEqual(['a https://example.org']);
    expect(await found(ada, `${group.in} has:reaction`)).toEqual(['b']);
    expect(await found(ada, `${group.in} has:pin`)).toEqual(['c']);
    expect(await found(ada, `${group.in} -has:link -has:pin`)).toEqual(['b']);
    await removeReaction(append, about(ada, group.id), b, '👍');
    await unpinMessage(append, about(ada, group.id), c);
    expect(await found(ada, `${group.in} has:reaction`)).toEqual([]);
    expect(await found(ada, `${group.in} has:pin`)).toEqual([]);
    await addReaction(append, about(ada, group.id), b, '🎉');
    expect(await found(ada, `${group.in} has:reaction`)).toEqual(['b']);
    const poll = { choices: ['one', 'two'], isMultiple: false, endsAt: null };
    stored(await postPoll(append, about(ada, group.id), 'a poll', poll));
    await fill();
    expect(await found(ada, `${group.in} has:poll`)).toEqual(['a poll']);
    expect(await found(ada, `${group.in} poll -has:poll`)).toEqual([]);
  });

  test('of files and images; the names of files are found like the text', async () => {
    const group = await aGroup(ada, [bob], ['quarterly plan', 'quarterly']);
    const [report, photo] = [
      await aFile(ada, 'Quarterly-Bericht.pdf', 'application/pdf'),
      await aFile(ada, 'Fête.png', 'image/png'),
    ];
    stored(await postMessage(append, about(ada, group.id), '', { attachments: [report] }));
    stored(
      await postMessage(append, about(ada, group.id), 'the office', {
        attachments: [report, photo],
      }),
    );
    expect(await found(bob, `${group.in} has:file`)).toEqual(['the office', '']);
    expect(await found(bob, `${group.in} has:image`)).toEqual(['the office']);
    expect(await found(bob, `${group.in} has:file -has:image`)).toEqual(['']);
    expect(await found(bob, `${group.in} -has:file`)).toEqual(['quarterly', 'quarterly plan']);
    expect(await found(bob, `${group.in} bericht`)).toEqual(['the office', '']);
    expect(await found(bob, `${group.in} office fete`)).toEqual(['the office']);
    expect(await found(bob, `${group.in} quarterly -bericht.pdf`)).toEqual([
      'quarterly',
      'quarterly plan',
    ]);
    // A phrase does not match across the text and a name.
    expect(await found(bob, `${group.in} "office quarterly"`)).toEqual([]);
    const best = await found(bob, `${group.in} bericht`, { sort: 'best' });
    expect(new Set(best)).toEqual(new Set(['the office', '']));
    // The snippet is part of the text alone.
    const { items } = await page(bob, `${group.in} quarterly has:image`);
    expect(items.map(({ snippet }) => snippet)).toEqual([
      { text: 'the office', ranges: [], isCutBefore: false, isCutAfter: false },
    ]);
    expect(await faults()).toEqual([]);
  });

  test('of replies in threads', async () => {
    const group = await aGroup(ada, [], ['needle root']);
    const [thread] = group.seqs as [Seq];
    const place = { thread, alsoInConversation: false };
    await postMessage(append, about(ada, group.id), 'needle reply', { inThread: place });
    await fill();
    expect(await found(ada, `${group.in} needle is:thread`)).toEqual(['needle reply']);
    expect(await found(ada, `${group.in} is:thread`)).toEqual(['needle reply']);
    expect(await found(ada, `${group.in} needle -is:thread`)).toEqual(['needle root']);
    expect(await found(ada, `needle`, { in: group.name, is: 'thread' })).toEqual(['needle reply']);
  });

  test('of messages that mention a user or everyone', async () => {
    const bodies = [
      'plan for @bob',
      'plan of bob',
      'plan for @everyone',
      'plan @cyd and @bob',
      '@cyd',
    ];
    const group = await aGroup(ada, [bob, cyd], bodies);
    const other = await aGroup(ada, [bob], ['not here, @bob']);
    expect(await found(bob, `${group.in} mentions:me`)).toEqual([
      'plan @cyd and @bob',
      'plan for @bob',
    ]);
    expect(await found(ada, `${group.in} mentions:bob plan`)).toEqual([
      'plan @cyd and @bob',
      'plan for @bob',
    ]);
    expect(await found(ada, `${group.in} mentions:@everyone`)).toEqual(['plan for @everyone']);
    expect(await found(ada, `${group.in} mentions:cyd mentions:everyone`)).toEqual([
      '@cyd',
      'plan @cyd and @bob',
      'plan for @everyone',
    ]);
    expect(await found(ada, `${group.in} plan mentions:bob -mentions:cyd`)).toEqual([
      'plan for @bob',
    ]);
    expect(await found(ada, `${group.in} plan -mentions:bob -mentions:everyone`)).toEqual([
      'plan of bob',
    ]);
    expect(await found(bob, 'not here', { mentions: 'me' })).toEqual(['not here, @bob']);
    // Messages of other conversations are not found, whoever is mentioned there.
    expect(await found(cyd, `${other.in} mentions:bob`)).toEqual([]);
    expect(await found(cyd, 'not here mentions:bob')).toEqual([]);
    const { problems } = await page(ada, 'mentions:no-such-name');
    expect(problems).toMatchObject([{ filter: 'mentions', value: 'no-such-name' }]);
    // The current text of an edited message counts, and a deleted message mentions no one.
    stored(
      await editMessage(append, about(ada, group.id), group.seqs[0] as Seq, 'plan for no one'),
    );
    stored(await deleteMessage(append, about(ada, group.id), group.seqs[3] as Seq));
    expect(await found(bob, `${group.in} mentions:me`)).toEqual([]);
  });

  test('of messages that the account has saved, page by page', async () => {
    const bodies = ['oat one', 'oat two', 'oat three', 'rye', 'oat four'];
    const group = await aGroup(ada, [bob], bodies);
    for (const n of [0, 2, 3, 4]) {
      const message = group.seqs[n] as Seq;
      stored(await saveMessage(append, { ...about(bob, group.id), message }, null));
    }
    expect(await found(bob, `${group.in} oat is:saved`)).toEqual([
      'oat four',
      'oat three',
      'oat one',
    ]);
    expect(await found(bob, `${group.in} -is:saved`)).toEqual(['oat two']);
    expect(await found(bob, 'oat', { is: 'saved', sort: 'best' })).toHaveLength(3);
    expect(await found(ada, `${group.in} is:saved`)).toEqual([]);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const its = await page(bob, 'is:saved', { limit: 1, ...(cursor && { cursor }) });
      seen.push(...its.items.map(({ message }) => message.body));
      cursor = its.next;
    }
    expect(seen).toEqual(['oat four', 'rye', 'oat three', 'oat one']);
    stored(await leaveGroup(append, about(bob, group.id)));
    expect(await found(bob, 'is:saved')).toEqual([]);
  });

  test('of thousands of listed messages among many others', async () => {
    const many = await withIndex();
    const id = randomUUID();
    await many.query(`
      insert into accounts (id, username, username_key, display_name, created_at)
        values ('${id}', 'eve', 'eve', 'Eve', now());
      insert into streams (id, kind) values ('${id}', 'conversation');
      insert into conversations (id, kind, visibility, name, created_by, created_at)
        values ('${id}', 'group', 'public', 'many', '${id}', now());
      insert into memberships (conversation_id, account_id, joined_seq) values ('${id}', '${id}', 1);
      insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq, mentions)
        select '${id}', n, '${id}', 'text ' || n, now() - (40000 - n) * interval '1 s', n,
          case when n % 10 = 0 then '[{"kind": "everyone"}]'::jsonb end
        from generate_series(1, 40000) n;
      insert into saved_messages (account_id, conversation_id, message_seq, saved_seq, saved_at, seq)
        select '${id}', '${id}', seq, seq, now(), seq from messages where seq % 10 = 0;
      insert into mentions (conversation_id, message_seq, account_id, seq)
        select '${id}', seq, '${id}', seq from messages where seq % 10 = 0;
      analyze`);
    const over = new MessageSearch({ pool: many, clock: systemClock });
    for (const query of ['is:saved', 'mentions:me', 'mentions:everyone']) {
      const asked = { ...SearchMessagesQuery.parse({ query }), limit: 2 };
      const { items } = await over.page(id as AccountId, asked);
      expect(items.map(({ message }) => message.seq)).toEqual([40000, 39990]);
    }
    over.stop();
  });

  test('of days in the time zone of the caller', async () => {
    const group = await aGroup(ada, [], ['early', 'late']);
    const [early, late] = group.seqs as [Seq, Seq];
    const at = async (seq: Seq, time: string) =>
      pool.query('update messages set posted_at = $3 where conversation_id = $1 and seq = $2', [
        group.id,
        seq,
        time,
      ]);
    await at(early, '2020-05-01T22:30:00Z');
    await at(late, '2020-05-02T23:30:00Z');
    const berlin = { timeZone: 'Europe/Berlin' };
    expect(await found(ada, `${group.in} on:2020-05-01`)).toEqual(['early']);
    expect(await found(ada, `${group.in} on:2020-05-01`, berlin)).toEqual([]);
    expect(await found(ada, `${group.in} on:2020-05-02`, berlin)).toEqual(['early']);
    expect(await found(ada, `${group.in} after:2020-05-01`)).toEqual(['late']);
    expect(await found(ada, `${group.in} before:2020-05-02`)).toEqual(['early']);
    expect(await found(ada, `${group.in} on:2020-05`)).toEqual(['late', 'early']);
    expect(await found(ada, `${group.in} after:2019 before:2021`)).toEqual(['late', 'early']);
    expect(await found(ada, `${group.in} on:today`)).toEqual([]);
  });

  test('that are invalid find nothing, and list possible values', async () => {
    const group = await aGroup(ada, [], ['something']);
    await fill();
    for (const [query, problem] of [
      [
        'has:lnik',
        {
          filter: 'has',
          value: 'lnik',
          possible: ['link', 'reaction', 'pin', 'poll', 'file', 'image'],
        },
      ],
      ['before:soon', { filter: 'before', possible: expect.arrayContaining(['today']) }],
      ['-on:2020', { filter: 'on', message: expect.stringContaining('excluded') }],
      ['from:ad', { filter: 'from', possible: ['ada'] }],
      ['from:', { filter: 'from', value: '' }],
      ['in:topic', { filter: 'in', possible: expect.arrayContaining(['topic 0']) }],
    ] as const) {
      const answer = await page(ada, `${group.in} something ${query}`);
      expect(answer.items, query).toEqual([]);
      expect(answer.problems, query).toEqual([expect.objectContaining(problem)]);
    }
    // A group that the account is not in is neither found nor suggested.
    const secret = await aRealGroup(append, [bob], 'private', 'secret plans');
    const answer = await page(ada, `in:"secret plans"`);
    expect(answer.problems[0]?.possible).toEqual([]);
    expect((await page(ada, `in:${secret}`)).problems).toHaveLength(1);
  });
});

describe('only what the account may read', () => {
  test('is found: messages of conversations that it is a member of', async () => {
    const group = await aGroup(ada, [bob, cyd], ['xylophone before']);
    await leaveGroup(append, about(bob, group.id));
    await removeMember(append, about(ada, group.id), cyd);
    await says(append, ada, group.id, 'xylophone between');
    expect(await found(ada, 'xylophone')).toEqual(['xylophone between', 'xylophone before']);
    expect(await found(bob, 'xylophone')).toEqual([]);
    expect(await found(cyd, 'xylophone')).toEqual([]);
    await joinGroup(append, about(bob, group.id));
    expect(await found(bob, 'xylophone')).toEqual(['xylophone between', 'xylophone before']);
    await deleteGroup(append, about(ada, group.id));
    expect(await found(ada, 'xylophone')).toEqual([]);
  });

  test('is found: the current text, never an earlier or deleted one, even before it is indexed', async () => {
    const group = await aGroup(ada, [bob], ['zeppelin one', 'zeppelin two', 'other']);
    const [one, two, other] = group.seqs as [Seq, Seq, Seq];
    expect(await found(bob, 'zeppelin')).toHaveLength(2);
    await editMessage(append, about(ada, group.id), one, 'balloon one');
    await deleteMessage(append, about(ada, group.id), two);
    expect((await page(bob, 'zeppelin')).items).toEqual([]);
    await editMessage(append, about(ada, group.id), other, 'other zeppelin');
    expect(await found(bob, 'zeppelin')).toEqual(['other zeppelin']);
    expect(await found(bob, 'balloon')).toEqual(['balloon one']);
  });
});

describe('names', () => {
  test('are found by parts and with typos, those close to the account first, and under their current names', async () => {
    const { pool: own } = await (await cluster.fresh()).open();
    const its = await aBootstrappedAppend(own);
    const directory = new Directory(own);
    const [me, erika, erik, erwin] = [
      await aUser(its, 'me'),
      await aUser(its, 'erika'),
      await aUser(its, 'erik'),
      await aUser(its, 'erwin'),
    ];
    const names = async (text: string, limit = 10) =>
      (await directory.find(me, text, limit)).map((one) =>
        one.kind === 'user' ? one.user.username : one.name,
      );
    expect(await names('er', 2)).toHaveLength(2);
    expect(await names('erik')).toEqual(['erik', 'erika']);
    const direct = await aDirect(its, me, erwin);
    expect((await names('er'))[0]).toBe('erwin');
    expect(await names('ewrin')).toEqual(['erwin']);
    // A direct conversation of several users is that of none of them.
    stored(await openDirect(its, asking(me), [erik, erika]));
    expect((await names('er'))[0]).toBe('erwin');
    expect(await directory.find(me, 'erik', 1)).toMatchObject([{ conversation: null }]);
    expect(await directory.find(me, 'erwin', 1)).toMatchObject([{ conversation: direct }]);
    await aRealGroup(its, [erika], 'private', 'erupting secrets');
    await aRealGroup(its, [erika, me], 'private', 'erudite members');
    const open = await aRealGroup(its, [erik], 'public', 'erratic public');
    expect(await names('eru')).toEqual(['erudite members']);
    expect(await names('public')).toEqual(['erratic public']);
    expect(await names('')).toEqual(expect.arrayContaining(['erudite members', 'erwin']));
    await deleteGroup(its, about(erik, open));
    expect(await names('public')).toEqual([]);
    expect(await names('100%_\\')).toEqual([]);
  });
});

describe('the index', () => {
  test('loses earlier and deleted texts when segments are merged or purged', async () => {
    const own = await withIndex();
    const its = await aBootstrappedAppend(own);
    const dan = await aUser(its, 'dan');
    const id = await aRealGroup(its, [dan]);
    const kept = await says(its, dan, id, 'kept');
    const edited = await says(its, dan, id, 'earlier');
    const deleted = await says(its, dan, id, 'unwanted');
    const fillAll = async () => {
      for (const one of await conversationsBehind(own)) await fillIndex(own, [one]);
    };
    await fillAll();
    await editMessage(its, about(dan, id), edited, 'later');
    await deleteMessage(its, about(dan, id), deleted);
    await fillAll();
    const documents = async () =>
      (await own.query<{ n: number }>('select sum(size)::int as n from search_segments')).rows[0]
        ?.n;
    expect(await documents()).toBe(4);
    expect(await purgeStale(own, () => false, { settled: false })).toBe(1);
    expect(await documents()).toBe(2);
    expect((await own.query('select from search_stale')).rowCount).toBe(0);
    for (let n = 0; n < 8; n++) {
      await addReaction(its, about(dan, id), kept, '👍');
      await removeReaction(its, about(dan, id), kept, '👍');
      await says(its, dan, id, `more ${n}`);
      await fillAll();
    }
    expect(await mergeOnce(own)).toBe(8);
    expect(await mergeOnce(own)).toBe(0);
    const segments = await readSegments(own);
    expect(segments.length).toBeLessThan(4);
    const its2 = new MessageSearch({ pool: own, clock: systemClock });
    const all = await its2.page(dan, { ...SearchMessagesQuery.parse({ query: 'e' }), limit: 50 });
    expect(all.items.map((item) => item.message.body)).toEqual([]);
    const more = await its2.page(dan, SearchMessagesQuery.parse({ query: 'in:"a group" -x' }));
    expect(more.items).toHaveLength(10);
  });

  test('an indexing transaction ends after a number of bytes of messages', async () => {
    await fill();
    const long = Array.from({ length: 60 }, (_, n) => `longish ${n} ${'x'.repeat(15_900)}`);
    const group = await aGroup(ada, [], long);
    const parts: number[] = [];
    for (let hasMore = true; hasMore; ) {
      const filled = await fillIndex(pool, [group.id]);
      if (filled === 'other version') throw new Error(filled);
      parts.push(filled.events);
      hasMore = filled.hasMore;
    }
    expect(parts.length).toBe(2);
    expect(await found(ada, `${group.in} longish`, { limit: 100 })).toHaveLength(60);
  });

  test('posts in memory are not read, and what follows them is', async () => {
    const own = await withIndex();
    const its = await aBootstrappedAppend(own);
    const dan = await aUser(its, 'dan');
    const id = await aRealGroup(its, [dan]);
    await fillIndex(own, [id]);
    await says(its, dan, id, 'first');
    const edited = await says(its, dan, id, 'second');
    await says(its, dan, id, 'third');
    const recent = await recentPosts(own, [id]);
    await editMessage(its, about(dan, id), edited, 'changed');
    // Reading would return this.
    await own.query(`update messages set body = 'tampered' where body = 'first'`);
    expect(await fillIndex(own, [id], (one) => recent.take(one))).toEqual({
      events: 3,
      hasMore: false,
    });
    expect(await conversationsBehind(own)).toContain(id);
    await fillIndex(own, [id]);
    await own.query(`update messages set body = 'first' where body = 'tampered'`);
    const its2 = new MessageSearch({ pool: own, clock: systemClock });
    const bodies = async (query: string) =>
      (await its2.page(dan, SearchMessagesQuery.parse({ query }))).items.map((i) => i.message.body);
    expect(await bodies('first')).toEqual(['first']);
    expect(await bodies('changed')).toEqual(['changed']);
    expect(await bodies('second')).toEqual([]);
    expect(await bodies('third')).toEqual(['third']);
  });

  test('nothing is added to an index with other keys, which a newer node fills during an upgrade', async () => {
    const own = await withIndex();
    const its = await aBootstrappedAppend(own);
    const dan = await aUser(its, 'dan');
    const id = await aRealGroup(its, [dan]);
    await says(its, dan, id, 'posted meanwhile');
    await own.query('update search_state set version = version + 1');
    expect(await fillIndex(own, [id])).toBe('other version');
    expect((await own.query('select from search_segments')).rowCount).toBe(0);
    await own.query('update search_state set version = version - 1');
    expect(await fillIndex(own, [id])).toMatchObject({ hasMore: false });
    expect((await own.query('select from search_segments')).rowCount).toBe(1);
  });

  test('large postings are stored in rows when their segments are merged', async () => {
    const own = await withIndex();
    const its = await aBootstrappedAppend(own);
    const dan = await aUser(its, 'dan');
    const id = await aRealGroup(its, [dan]);
    for (let n = 0; n < 8; n++) {
      await says(its, dan, id, `stored ${n}`);
      await fillIndex(own, [id]);
    }
    expect(await mergeOnce(own, 500)).toBe(8);
    expect((await readSegments(own)).map(({ packed }) => packed)).toEqual([false]);
    for (let n = 8; n < 16; n++) {
      await says(its, dan, id, `stored ${n}`);
      await fillIndex(own, [id]);
    }
    expect(await mergeOnce(own)).toBe(15);
    expect((await readSegments(own)).map(({ packed }) => packed)).toContain(false);
    const its2 = new MessageSearch({ pool: own, clock: systemClock });
    const { items } = await its2.page(dan, SearchMessagesQuery.parse({ query: 'stored' }));
    expect(items).toHaveLength(16);
  });

  test('pages are complete and without repetitions, whatever is posted meanwhile', async () => {
    const bodies = Array.from({ length: 25 }, (_, n) => `pageable ${n}`);
    const group = await aGroup(ada, [], bodies);
    await fill();
    const seen: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const { items, next } = await page(ada, 'pageable', { limit: 7, ...(cursor && { cursor }) });
      seen.push(...items.map((item) => item.message.body));
      await says(append, ada, group.id, 'pageable later');
      await fill();
      cursor = next;
    }
    expect(seen).toEqual(bodies.reverse());
  });

  test('finds the same as a scan of all messages', async () => {
    const first = await aGroup(ada, [bob, cyd], []);
    const other = await aGroup(bob, [ada], []);
    const third = await aGroup(cyd, [], []);
    const places = [first.id, other.id, third.id] as const;
    const users = [ada, bob, cyd] as const;
    const words = [
      'red',
      'Reddish',
      'foo_bar',
      '$_',
      'é',
      'été',
      '北京',
      '京',
      'go',
      'gopher',
      'a-b',
    ];
    const body = fc
      .array(fc.constantFrom(...words), { minLength: 1, maxLength: 5 })
      .map((w) => w.join(' '));
    const where = fc.record({ who: fc.nat(2), group: fc.nat(2), nth: fc.nat(30) });
    const step = fc.tuple(
      fc.constantFrom(
        'post',
        'post',
        'post',
        'post',
        'edit',
        'delete',
        'react',
        'leave',
        'join',
        'fill',
        'merge',
      ),
      where,
      body,
    );
    const queryWord = fc.constantFrom(...words, 'ed', 'gop', 'REDD', 'o_b', 'ete', '_', 'b');
    const query = fc
      .array(fc.tuple(fc.constantFrom('', '', '-'), queryWord), { minLength: 1, maxLength: 3 })
      .map((all) => all.map(([sign, word]) => sign + word).join(' '));
    const act = async (
      what: string,
      at: { who: number; group: number; nth: number },
      text: string,
    ) => {
      const [who, where] = [users[at.who] as AccountId, places[at.group] as ConversationId];
      const request = about(who, where);
      const { rows } = await pool.query<{ seq: Seq }>(
        'select seq from messages where conversation_id = $1 and author_id = $2 order by seq',
        [where, who],
      );
      const seq = rows[at.nth % Math.max(1, rows.length)]?.seq ?? (1 as Seq);
      if (what === 'post')
        await says(append, users[at.who] as AccountId, where, text).catch(() => null);
      if (what === 'edit') await editMessage(append, request, seq, text);
      if (what === 'delete') await deleteMessage(append, request, seq);
      if (what === 'react') await addReaction(append, request, seq, '👍');
      if (what === 'leave') await leaveGroup(append, request);
      if (what === 'join') await joinGroup(append, request);
      if (what === 'fill') await fill();
      if (what === 'merge') await mergeOnce(pool);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 40 }),
        fc.array(query, { minLength: 6, maxLength: 6 }),
        async (steps, queries) => {
          for (const [what, at, text] of steps) await act(what, at, text);
          await fill();
          for (const text of queries) {
            for (const account of users) {
              const seen: string[] = [];
              let cursor: string | null | undefined;
              while (cursor !== null) {
                const its = await page(account, text, { limit: 50, ...(cursor && { cursor }) });
                seen.push(
                  ...its.items.map(({ message: m }) => `${m.conversation} ${m.seq} ${m.body}`),
                );
                cursor = its.next;
              }
              expect(seen).toEqual(await lookedAt(account, text));
            }
          }
          expect(await faults()).toEqual([]);
        },
      ),
      { numRuns: 8 },
    );
  });
});

test('the cache keeps the segments with the latest messages', async () => {
  const own = await withIndex();
  const conversation = randomUUID() as ConversationId;
  const segments: number[] = [];
  for (let hour = 0; hour < 6; hour++) {
    const builder = new SegmentBuilder();
    for (let n = 0; n < 1_000; n++) {
      const seq = (hour * 1_000 + n + 1) as Seq;
      const at = (hour * 1_000 + n) * 3_600;
      builder.add({ conversation, seq, version: seq, at });
    }
    segments.unshift(await insertSegment(own, builder.build().documents, null));
  }
  let reads = 0;
  const counting: Queryable = {
    query: (...args: Parameters<pg.Pool['query']>) => {
      reads++;
      return own.query(...args);
    },
  } as Queryable;
  const cache = new SegmentCache(3.5 * 8_500);
  const readsOf = async () => {
    const before = reads;
    for (const id of segments)
      expect((await cache.load(counting, id))?.documents.length).toBe(1_000);
    return reads - before;
  };
  expect(await readsOf()).toBe(6);
  // Each search reads from the latest to the oldest, so an LRU cache would never hit.
  expect([await readsOf(), await readsOf()]).toEqual([3, 3]);
  cache.clear();
});

/** Searches by definition: scans every message of every membership. */
async function lookedAt(account: AccountId, query: string): Promise<string[]> {
  const { rows } = await pool.query<{ key: string; body: string }>(
    `select g.conversation_id || ' ' || g.seq || ' ' || g.body as key,
       g.body || coalesce((
         select string_agg(E'\\n' || (a.file ->> 'name'), '' order by a.position) from attachments a
         where a.conversation_id = g.conversation_id and a.message_seq = g.seq), '') as body
     from messages g
     where g.deleted_at is null and exists (
       select from memberships m
       where m.conversation_id = g.conversation_id and m.account_id = $1 and m.left_seq is null)
     order by g.posted_at desc, g.conversation_id desc, g.seq desc`,
    [account],
  );
  const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const has = (body: string, word: string) => {
    const short = /^[a-z0-9]{1,2}$/.test(word);
    return short ? new RegExp(`(?<![a-z0-9])${word}`).test(body) : body.includes(word);
  };
  const words = parseSearch(query).map((part) => ({
    word: plain(part.kind === 'text' ? part.text : ''),
    isNegated: part.isNegated,
  }));
  return rows
    .filter(({ body }) => words.every((w) => has(plain(body), w.word) !== w.isNegated))
    .map((row) => row.key);
}
