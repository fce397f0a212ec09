import { type AccountId, type ConversationId, LIMITS, type Seq } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  says,
  stored,
  verdict,
} from '../../test/support/domain-builders.ts';
import { anAccount } from '../../test/support/stream-builders.ts';
import { leaveGroup } from '../conversations/members.ts';
import { archiveGroup } from '../conversations/settings.ts';
import { examine } from '../doctor/doctor.ts';
import { exportOf } from '../own-data/export.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Database } from '../storage/database.ts';
import type { Append } from '../stream/append.ts';
import {
  closePoll,
  deleteMessage,
  editMessage,
  forwardMessage,
  postPoll,
  vote,
} from './commands.ts';
import { pollVoters } from './history/poll-voters.ts';
import { messageFor } from './history/queries.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;
let ann: AccountId;
let bob: AccountId;
let outsider: AccountId;
let group: ConversationId;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
  [ann, bob, outsider] = [
    await anAccount(db.pool),
    await anAccount(db.pool),
    await anAccount(db.pool),
  ];
  group = await aRealGroup(append, [ann, bob]);
});
afterAll(() => server.stop());

const shown = (seq: Seq, id = group, account = ann) => messageFor(db.pool, account, id, seq);

async function dataOf(id: ConversationId, seq: Seq): Promise<unknown> {
  const { rows } = await db.pool.query(
    'select data from events where stream_id = $1 and seq = $2',
    [id, seq],
  );
  return rows[0]?.data;
}

describe('a poll', () => {
  const aPoll = async (poll: { isMultiple?: boolean; endsAt?: string | null } = {}) => {
    const start = { choices: ['Soup', 'Salad', 'Bread'], isMultiple: false, endsAt: null, ...poll };
    return stored(await postPoll(append, about(bob, group), 'Lunch?', start)).seq;
  };
  const votes = async (seq: Seq) =>
    ((await shown(seq))?.poll?.choices ?? []).map((choice) => choice.accounts);
  const voting = async (account: AccountId, seq: Seq, ...choices: number[]) =>
    verdict(await vote(append, about(account, group), seq, choices));

  test('a poll has one vote of each member, who can change and withdraw it', async () => {
    const seq = await aPoll();
    expect(await shown(seq)).toMatchObject({
      body: 'Lunch?',
      poll: { isMultiple: false, endsAt: null, closedAt: null },
    });
    expect([await voting(ann, seq, 0), await voting(bob, seq, 0)]).toEqual(['yes', 'yes']);
    expect(await votes(seq)).toEqual([[ann, bob], [], []]);
    expect(await voting(ann, seq, 2)).toBe('yes');
    expect(await votes(seq)).toEqual([[bob], [], [ann]]);
    const before = await shown(seq);
    expect(await voting(ann, seq, 2)).toBe('yes');
    expect((await shown(seq))?.changedSeq).toBe(before?.changedSeq);
    expect(await voting(bob, seq)).toBe('yes');
    expect(await votes(seq)).toEqual([[], [], [ann]]);
  });

  test('a poll counts each member once, also for concurrent votes on many devices', async () => {
    const seq = await aPoll();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => vote(append, about(ann, group), seq, [n % 3])),
    );
    expect((await votes(seq)).flat()).toEqual([ann]);
  });

  test('a poll names some voters and the reader, counts all, and lists them in pages', async () => {
    const seq = await aPoll({ isMultiple: true });
    const many = await Promise.all(Array.from({ length: 24 }, () => anAccount(db.pool)));
    const { rows } = await db.pool.query<{ seq: Seq }>(
      `insert into poll_votes (conversation_id, message_seq, account_id, choices, seq)
       select $1, $2, id, '{0,1}', n from unnest($3::uuid[]) with ordinality as v (id, n)
       returning seq`,
      [group, seq, many],
    );
    expect(rows).toHaveLength(24);
    expect(await voting(ann, seq, 0)).toBe('yes');
    expect(await voting(ann, seq, 0, 2)).toBe('yes');
    const poll = (await shown(seq))?.poll;
    expect(poll?.voters).toBe(25);
    expect(poll?.choices.map((choice) => choice.votes)).toEqual([25, 24, 1]);
    expect(poll?.choices.map((choice) => choice.accounts)).toEqual([
      [...many.slice(0, LIMITS.pollAccounts), ann],
      many.slice(0, LIMITS.pollAccounts),
      [ann],
    ]);
    expect((await shown(seq, group, bob))?.poll?.choices[0]?.accounts).not.toContain(ann);
    const last = (await shown(seq))?.changedSeq as Seq;
    expect(await dataOf(group, last)).toEqual({ message: seq, choices: [0, 2], before: [0] });
    const voters = async (choice: number, after: Seq | null, limit = 20, by = ann) => {
      const request = { conversation: group, message: seq, choice, after, limit };
      const page = await pollVoters(db.pool, by, request);
      return typeof page === 'string'
        ? page
        : { items: page.items.map(({ account }) => account), next: page.next };
    };
    expect(await voters(0, null)).toEqual({ items: many.slice(0, 20), next: 20 });
    expect(await voters(0, 20 as Seq)).toEqual({ items: [...many.slice(20), ann], next: null });
    expect(await voters(1, null, 24)).toEqual({ items: many, next: null });
    expect(await voters(2, null)).toEqual({ items: [ann], next: null });
    expect(await voters(3, null)).toBe('choice_invalid');
    const stranger = await anAccount(db.pool);
    expect(await voters(0, null, 20, stranger)).toBe('conversation_not_found');
    const noPoll = { conversation: group, message: 1 as Seq, choice: 0, after: null, limit: 1 };
    expect(await pollVoters(db.pool, ann, noPoll)).toBe('message_not_found');
    await db.pool.query('delete from poll_votes where message_seq = $1 and account_id = any($2)', [
      seq,
      many,
    ]);
  });

  test('a poll allows several choices only if it says so, and none that it does not have', async () => {
    const [one, many] = [await aPoll(), await aPoll({ isMultiple: true })];
    expect(await voting(ann, one, 0, 1)).toBe('choice_invalid');
    expect(await voting(ann, many, 2, 0, 0)).toBe('yes');
    expect(await votes(many)).toEqual([[ann], [], [ann]]);
    expect([await voting(ann, one, 3), await voting(ann, many, 0, 3)]).toEqual([
      'choice_invalid',
      'choice_invalid',
    ]);
  });

  test('the author and moderators can close a poll, which then accepts no votes', async () => {
    const [own, others] = [await aPoll(), await aPoll()];
    const carl = await anAccount(db.pool);
    const id = await aRealGroup(append, [ann, bob, carl]);
    const start = { choices: ['a', 'b'], isMultiple: false, endsAt: null };
    const { seq } = stored(await postPoll(append, about(bob, id), 'Which?', start));
    expect(verdict(await closePoll(append, about(carl, id), seq))).toBe('forbidden');
    expect(verdict(await closePoll(append, about(bob, group), own))).toBe('yes');
    expect(verdict(await closePoll(append, about(ann, group), others))).toBe('yes');
    expect(verdict(await closePoll(append, about(ann, group), others))).toBe('yes');
    expect(await voting(ann, own, 0)).toBe('poll_closed');
    expect(await shown(own)).toMatchObject({ poll: { closedAt: expect.any(String) } });
  });

  test('a poll closes by itself, at a time in the future', async () => {
    const seq = await aPoll({ endsAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await voting(ann, seq, 0)).toBe('yes');
    await db.pool.query(
      `update message_parts set poll = poll || '{"endsAt":"2026-01-01T00:00:00.000Z"}'
       where conversation_id = $1 and message_seq = $2`,
      [group, seq],
    );
    expect(await voting(ann, seq, 1)).toBe('poll_closed');
    const past = { choices: ['a', 'b'], isMultiple: false, endsAt: '2026-01-01T00:00:00.000Z' };
    const late = await postPoll(append, about(bob, group), 'Late?', past);
    expect(verdict(late)).toBe('time_passed');
    stored(await deleteMessage(append, about(bob, group), seq));
  });

  test('only members of a group that is not archived vote in a poll, which cannot be edited', async () => {
    const seq = await aPoll();
    const text = await says(append, ann, group, 'no poll');
    expect(await voting(outsider, seq, 0)).toBe('conversation_not_found');
    expect(await voting(ann, text, 0)).toBe('not_a_poll');
    expect(verdict(await closePoll(append, about(ann, group), text))).toBe('not_a_poll');
    expect(verdict(await editMessage(append, about(bob, group), seq, 'x'))).toBe('not_editable');
    const id = await aRealGroup(append, [ann]);
    const start = { choices: ['a', 'b'], isMultiple: false, endsAt: null };
    const poll = stored(await postPoll(append, about(ann, id), 'Which?', start)).seq;
    stored(await archiveGroup(append, about(ann, id)));
    const late = await vote(append, about(ann, id), poll, [0]);
    expect(verdict(late)).toBe('conversation_archived');
  });

  test('the deletion of a poll removes the question, choices and votes', async () => {
    const seq = await aPoll();
    await voting(ann, seq, 0);
    stored(await deleteMessage(append, about(bob, group), seq));
    expect(await shown(seq)).toMatchObject({ body: '', poll: null });
    expect(await voting(ann, seq, 1)).toBe('message_deleted');
    expect(await dataOf(group, seq)).toEqual({ body: '' });
    for (const table of ['message_parts', 'poll_votes']) {
      const { rows } = await db.pool.query(
        `select from ${table} where conversation_id = $1 and message_seq = $2`,
        [group, seq],
      );
      expect(rows).toEqual([]);
    }
  });

  test('the data export of voters contains the poll', async () => {
    const seq = await aPoll({ isMultiple: true });
    await voting(ann, seq, 0, 2);
    let exported = '';
    for await (const part of exportOf({ pool: db.pool, clock: systemClock }, ann)) exported += part;
    const { pollVotes } = JSON.parse(exported);
    expect(pollVotes).toContainEqual({
      conversation: group,
      message: seq,
      choices: ['Soup', 'Bread'],
    });
  });
});

describe('a forwarded message', () => {
  const forward = (actor: AccountId, message: Seq, to: ConversationId, from = group) =>
    forwardMessage(append, about(actor, to), { conversation: from, message });

  test('a forwarded message is a copy with its author and time, unaffected by later changes', async () => {
    const seq = await says(append, ann, group, 'the text of @everyone');
    const original = await shown(seq);
    const other = await aRealGroup(append, [bob, outsider]);
    const copy = stored(await forward(bob, seq, other)).seq;
    stored(await editMessage(append, about(ann, group), seq, 'changed'));
    stored(await deleteMessage(append, about(ann, group), seq));
    // Also for readers who cannot see where it comes from.
    expect(await shown(copy, other, outsider)).toMatchObject({
      author: bob,
      body: 'the text of @everyone',
      mentions: [],
      forwardedFrom: { conversation: group, seq, author: ann, at: original?.postedAt },
    });
    expect(verdict(await editMessage(append, about(bob, other), copy, 'x'))).toBe('not_editable');
    // Forwarded again, it still names who wrote it.
    const again = stored(await forward(outsider, copy, other, other)).seq;
    expect(await shown(again, other, outsider)).toMatchObject({
      forwardedFrom: { conversation: group, seq, author: ann },
    });
    stored(await deleteMessage(append, about(bob, other), copy));
    expect(await shown(copy, other, outsider)).toMatchObject({ body: '', forwardedFrom: null });
    expect(await dataOf(other, copy)).toEqual({ body: '' });
  });

  test('an account forwards only messages that it may read, to conversations where it may post', async () => {
    const secret = await says(append, ann, group, 'not yours');
    const own = await aRealGroup(append, [outsider]);
    expect(verdict(await forward(outsider, secret, own))).toBe('message_not_found');
    expect(verdict(await forward(ann, 99_999 as Seq, group))).toBe('message_not_found');
    expect(verdict(await forward(ann, secret, own))).toBe('conversation_not_found');
    const gone = await says(append, ann, group, 'gone');
    stored(await deleteMessage(append, about(ann, group), gone));
    expect(verdict(await forward(ann, gone, group))).toBe('message_not_found');
    const left = await aRealGroup(append, [ann, bob]);
    const seq = await says(append, ann, left, 'x');
    stored(await leaveGroup(append, about(bob, left)));
    expect(verdict(await forward(bob, seq, group, left))).toBe('message_not_found');
    expect(verdict(await forward(ann, seq, group, left))).toBe('yes');
  });

  test('a retry forwards a message once', async () => {
    const seq = await says(append, ann, group, 'once');
    const request = about(bob, group);
    const source = { conversation: group, message: seq };
    const first = stored(await forwardMessage(append, request, source));
    expect(await forwardMessage(append, request, source)).toEqual({ ...first, repeated: true });
  });
});

test('polls and forwarded messages are as the events give them', async () => {
  const found = await examine(db.pool);
  const tables = ['message_parts', 'poll_votes', 'messages', 'events'];
  expect(found.filter((finding) => tables.includes(finding.table))).toEqual([]);
});
