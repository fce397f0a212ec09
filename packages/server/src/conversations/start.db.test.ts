import type { AccountId, Conversation, ConversationId, Seq, StreamId } from '@parley/protocol';
import { streamOfConversation } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aDirect,
  aRealGroup,
  aUser,
  says,
} from '../../test/support/domain-builders.ts';
import { ReadCursors } from '../messages/read-cursors/read-cursors.ts';
import type { Database } from '../storage/database.ts';
import { epochSeconds, timestamp, timestampOf } from '../storage/sql.ts';
import type { Append } from '../stream/append.ts';
import { joinGroup, leaveGroup } from './members.ts';
import { membersOf } from './queries.ts';
import { type KnownState, loadStarts, StartReader } from './start.ts';

const loadStart = (account: AccountId, known: KnownState) =>
  new StartReader(db.pool).load(account, known);

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;
let reads: ReadCursors;
let ann: AccountId;
let bob: AccountId;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
  reads = new ReadCursors(db.pool, testLog);
  ann = await aUser(append, 'ann');
  bob = await aUser(append, 'bob');
});
afterAll(() => server.stop());

/** The state of a client of Bob that has received everything so far. */
async function everything() {
  const { epoch, conversations } = await loadStart(bob, { cursor: {} });
  const cursor: Record<StreamId, Seq> = {};
  for (const { id, lastSeq } of conversations) cursor[streamOfConversation(id)] = lastSeq;
  return { epoch, cursor, conversations };
}

const byId = (a: Conversation, b: Conversation) => (a.id < b.id ? -1 : 1);

/** Loads the start of such a client. Returns the ids that were unchanged. */
async function unchangedFor(
  known: KnownState,
  conversations: readonly Conversation[],
): Promise<ConversationId[]> {
  const start = await loadStart(bob, known);
  const completed = start.unchanged.map(({ id, ...changed }) => {
    const snapshot = conversations.find((c) => c.id === id);
    if (!snapshot) throw new Error(`The client does not have ${id}`);
    return { ...snapshot, ...changed };
  });
  // Whatever was left out, the client ends with the same state as a new client.
  const full = await loadStart(bob, { cursor: {} });
  expect([...start.conversations, ...completed].sort(byId)).toEqual(full.conversations.sort(byId));
  return start.unchanged.map((c) => c.id).sort();
}

test('snapshots that the client has and that did not change are left out', async () => {
  const groups: ConversationId[] = [];
  for (let n = 0; n < 6; n++) groups.push(await aRealGroup(append, [ann, bob]));
  const direct = await aDirect(append, bob, ann);
  const [silent, read, posted, rejoined, unclaimed, left] = groups as [
    ConversationId,
    ConversationId,
    ConversationId,
    ConversationId,
    ConversationId,
    ConversationId,
  ];
  for (const id of [...groups, direct]) await says(append, ann, id, 'one');
  const mine = await says(append, bob, direct, 'two');
  const { epoch, cursor, conversations } = await everything();
  expect(conversations).toHaveLength(8);

  // Read cursors are no events: the snapshots stay as they are, the cursors are sent.
  await reads.move(bob, read, cursor[streamOfConversation(read)] as Seq);
  await reads.move(ann, direct, mine);
  await says(append, ann, posted, 'two');
  await leaveGroup(append, about(bob, rejoined));
  await joinGroup(append, about(bob, rejoined));
  await leaveGroup(append, about(bob, left));

  const known = { epoch, cursor, resend: [unclaimed] };
  // The default group is sent in full, because it depends on the role of the account.
  expect(await unchangedFor(known, conversations)).toEqual([silent, read, direct].sort());
  const { periods, unchanged } = await loadStart(bob, known);
  expect(unchanged.find((c) => c.id === direct)?.peerReadSeq).toBe(mine);
  expect(unchanged.find((c) => c.id === read)?.unread).toBe(0);
  expect(periods.get(streamOfConversation(rejoined))).toHaveLength(2);
  expect(periods.get(streamOfConversation(left))).toHaveLength(1);
  expect(periods.has(streamOfConversation(silent))).toBe(false);
});

test('nothing is left out unless the client claims it, in this epoch and up to the end', async () => {
  const { epoch, cursor, conversations } = await everything();
  const ahead = Object.fromEntries(Object.entries(cursor).map(([s, seq]) => [s, seq + 1])) as never;
  for (const known of [
    { cursor },
    { epoch, cursor },
    { cursor, resend: [] },
    { epoch: 'another', cursor, resend: [] },
    { epoch, cursor: {}, resend: [] },
    { epoch, cursor: ahead, resend: [] },
  ]) {
    expect(await unchangedFor(known, conversations)).toEqual([]);
  }
});

test('the last message is there with its first 300 characters', async () => {
  const id = await aRealGroup(append, [ann, bob]);
  await says(append, ann, id, '😀'.repeat(16_000));
  const { conversations } = await loadStart(bob, { cursor: {} });
  expect(conversations.find((c) => c.id === id)?.lastMessage?.body).toBe('😀'.repeat(300));
});

test('a time that is read in seconds has the same text as one of the database', async () => {
  const { rows } = await db.pool.query<{ seconds: number; text: string }>(
    `select ${epochSeconds('t')} as seconds, ${timestamp('t')} as text
     from (select '2026-11-28T12:00:00Z'::timestamptz + n * interval '37.003917 seconds' as t
           from generate_series(0, 3000) n) times`,
  );
  expect(rows).toHaveLength(3001);
  for (const { seconds, text } of rows) expect(timestampOf(seconds)).toBe(text);
});

test('an unknown account has no start', async () => {
  const unknown = '01890000-0000-7000-8000-00000000000a' as AccountId;
  await expect(loadStart(unknown, { cursor: {} })).rejects.toThrow('not found');
});

test('a list of members is read page by page, up to the page marked as last', async () => {
  const members: [AccountId, AccountId] = [ann, bob];
  const id = await aRealGroup(append, members);
  const page = async (after: Seq | null, limit: number) => {
    const found = await membersOf(db.pool, ann, id, { after, limit });
    return { accounts: found?.items.map((m) => m.account), next: found?.next };
  };
  const all = await page(null, 2);
  expect(all).toEqual({ accounts: members, next: null });
  expect(await page(null, 3)).toEqual(all);
  const first = await page(null, 1);
  expect(first.accounts).toEqual([ann]);
  expect(await page(first.next as Seq, 1)).toEqual({ accounts: [bob], next: null });
});

test('clients that start together get what each of them would get alone', async () => {
  const stranger = await aUser(append, 'stranger');
  const unknown = '01890000-0000-7000-8000-00000000000b' as AccountId;
  const { epoch, cursor } = await everything();
  const requests = [
    { account: bob, known: { epoch, cursor, resend: [] } },
    { account: ann, known: { cursor: {} } },
    { account: unknown, known: { cursor: {} } },
    { account: bob, known: { cursor: {} } },
    // What is no id must not fail the others: the protocol does not check the keys of a cursor.
    {
      account: stranger,
      known: { epoch: 'a\0b', cursor: { 'a\0b': 1 as Seq, '}': 2 as Seq }, resend: [] },
    },
    { account: ann, known: { epoch, cursor, resend: [] } },
  ];
  const loadAlone = async (account: AccountId, known: KnownState) =>
    (await loadStarts(db.pool, [{ account, known }]))[0];
  const together = await loadStarts(db.pool, requests);
  const alone = await Promise.all(
    requests.map(({ account, known }) => (account === unknown ? null : loadAlone(account, known))),
  );
  expect(together).toEqual(alone);
  expect(together[0]?.unchanged.length).toBeGreaterThan(0);

  const reader = new StartReader(db.pool);
  const loaded = await Promise.allSettled(
    requests.map(({ account, known }) => reader.load(account, known)),
  );
  expect(loaded.map((result) => (result.status === 'fulfilled' ? result.value : null))).toEqual(
    alone,
  );
});
