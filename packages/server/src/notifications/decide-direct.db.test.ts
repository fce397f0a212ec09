import { type AccountId, type ConversationId, NotificationLevel, type Seq } from '@parley/protocol';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestCluster } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  asking,
  aUser,
  conversationIn,
  says,
} from '../../test/support/domain-builders.ts';
import { openDirect } from '../conversations/commands.ts';
import { ActivityBatch } from './activity-items.ts';
import { decideEach } from './decide.ts';
import { decideDirect } from './decide-direct.ts';
import type { Range } from './messages-to-decide.ts';

/** 14:00 in Berlin. */
const NOW = Date.parse('2026-01-15T13:00:00Z');
const at = (hours: number) => new Date(NOW + hours * 3_600_000).toISOString();

let cluster: TestCluster;
let pool: pg.Pool;
let users: readonly AccountId[];
/** Direct conversations of one, two and three users, with their members. */
let conversations: { id: ConversationId; members: readonly AccountId[]; seqs: readonly Seq[] }[];

beforeAll(async () => {
  const database = await startTestDatabase();
  cluster = database;
  ({ pool } = await database.open());
  const append = await aBootstrappedAppend(pool);
  users = [await aUser(append, 'ann'), await aUser(append, 'bob'), await aUser(append, 'cat')];
  conversations = [];
  for (const count of [1, 2, 3]) {
    const members = users.slice(0, count);
    const [first, ...others] = members as [AccountId, ...AccountId[]];
    const with_ = others.length === 0 ? [first] : others;
    const id = conversationIn(await openDirect(append, asking(first), with_));
    const seqs: Seq[] = [];
    for (let n = 0; n < 9; n++) {
      const by = members[(n * n + 1) % count] ?? first;
      seqs.push(await says(append, by, id, n % 3 === 0 ? 'the deploy failed' : `message ${n}`));
    }
    conversations.push({ id, members, seqs });
  }
});
afterAll(() => cluster?.stop());

const until = fc.constantFrom(null, at(-1), at(1));
const muted = fc.option(fc.record({ until }));
const level = fc.constantFrom(...NotificationLevel.options);
const hour = fc.constantFrom('00:00', '13:30', '14:00', '22:00');
/** Everything that decides for one user. */
const aUserState = fc.record({
  general: fc.option(
    fc.record({
      level,
      directBreaksMute: fc.boolean(),
      mentionsBreakMute: fc.boolean(),
      emailDelayMinutes: fc.constantFrom(null, 5, 60),
      keywords: fc.constantFrom([], ['deploy']),
      quietHours: fc.option(
        fc
          .record({ start: hour, end: hour, timeZone: fc.constantFrom('Europe/Berlin', 'UTC') })
          .filter(({ start, end }) => start !== end),
      ),
    }),
  ),
  ofConversation: fc.option(fc.record({ level: fc.option(level), muted })),
  doNotDisturbUntil: until,
  presence: fc.constantFrom('active' as const, 'away' as const, 'unknown' as const),
  hasDevice: fc.boolean(),
  joined: fc.nat(9),
  read: fc.nat(9),
  // Most users are active and have blocked no one.
  hasLeft: rarely(),
  isSuspended: rarely(),
  isInactive: rarely(),
  blocked: fc.constantFrom(null, null, null, 0, 1, 2),
});
/** What makes a message one that is not plain. */
const aChange = fc.record({
  message: fc.nat(8),
  kind: fc.constantFrom('deleted', 'hidden', 'reply', 'reply to all', 'mention', 'everyone'),
  by: fc.nat(2),
});
type UserState = typeof aUserState extends fc.Arbitrary<infer T> ? T : never;
type Change = typeof aChange extends fc.Arbitrary<infer T> ? T : never;

function rarely(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
}

/** Brings the database into a state. It is rolled back later. */
async function bring(
  client: pg.ClientBase,
  states: readonly UserState[],
  changes: readonly Change[],
): Promise<void> {
  for (const [n, state] of states.entries()) {
    const account = users[n];
    const { general, ofConversation, doNotDisturbUntil, blocked } = state;
    const change = (seq: number, conversation: string | null, settings: object) =>
      client.query(
        `insert into notification_changes (account_id, seq, changed_at, conversation_id, settings, is_current)
         values ($1, $2, now(), $3, $4, true)`,
        [account, seq, conversation, JSON.stringify(settings)],
      );
    if (general) await change(1_000, null, general);
    for (const keyword of general?.keywords ?? []) {
      await client.query('insert into notification_keywords values ($1, $2, $2)', [
        account,
        keyword,
      ]);
    }
    for (const [index, { id, seqs }] of conversations.entries()) {
      if (ofConversation) await change(2_000 + index, id, ofConversation);
      await client.query(
        `update memberships set joined_seq = $3, read_seq = $4, left_seq = $5
         where account_id = $1 and conversation_id = $2`,
        [account, id, seqs[state.joined] ?? 1, seqs[state.read] ?? 0, state.hasLeft ? 99 : null],
      );
    }
    await client.query(
      `insert into statuses (account_id, text, do_not_disturb_until, shows_last_seen, seq)
       values ($1, '', $2, true, 1)`,
      [account, doNotDisturbUntil],
    );
    await client.query(
      `update accounts set is_active = $2,
         suspended_until = case when $3 then now() + interval '1 day' end where id = $1`,
      [account, !state.isInactive, state.isSuspended],
    );
    if (blocked !== null && blocked !== n) {
      await client.query(`insert into blocks values ($1, $2, now(), 1)`, [account, users[blocked]]);
    }
    if (state.hasDevice) await client.query(DEVICE, [account]);
  }
  for (const { message, kind, by } of changes) {
    for (const { id, members, seqs } of conversations) {
      const named = members[by % members.length];
      const mention = { kind: 'user', id: named, name: 'someone' };
      await client.query(CHANGES[kind as keyof typeof CHANGES], [
        id,
        seqs[message],
        ...(kind === 'mention' ? [JSON.stringify([mention])] : []),
      ]);
      if (kind !== 'mention') continue;
      await client.query(
        `insert into mentions (conversation_id, message_seq, account_id, seq) values ($1, $2, $3, $2)
         on conflict do nothing`,
        [id, seqs[message], named],
      );
    }
  }
}

const DEVICE = `
  insert into notification_devices (id, account_id, kind, added_by, name, sealed, address_hash, shows_content)
  values (gen_random_uuid(), $1::uuid, 'ntfy', $1, 'Phone', '', decode(md5($1::uuid::text), 'hex'), true)`;
const CHANGES = {
  deleted: 'update messages set deleted_at = now() where conversation_id = $1 and seq = $2',
  hidden: 'update messages set hidden_at = now() where conversation_id = $1 and seq = $2',
  reply: `update messages set thread = (select min(seq) from messages where conversation_id = $1),
            also_in_conversation = false where conversation_id = $1 and seq = $2`,
  'reply to all': `update messages set thread = (select min(seq) from messages where conversation_id = $1),
            also_in_conversation = true where conversation_id = $1 and seq = $2`,
  mention: 'update messages set mentions = $3 where conversation_id = $1 and seq = $2',
  everyone: `update messages set mentions = '[{"kind": "everyone", "name": "everyone"}]'
             where conversation_id = $1 and seq = $2`,
};

/** Returns what deciding stores, and rolls it back. */
async function storedBy(client: pg.ClientBase, decide: () => Promise<void>): Promise<object> {
  await client.query('savepoint before');
  await decide();
  const decisions = await client.query(
    `select account_id, conversation_id, message_seq, reason, badge, in_app, push, email
     from notification_decisions order by account_id, conversation_id, message_seq`,
  );
  const deliveries = await client.query(
    `select account_id, conversation_id, message_seq, channel, device_id, due_at
     from notification_deliveries order by account_id, conversation_id, message_seq, device_id`,
  );
  const digests = await client.query('select * from notification_digests order by account_id');
  await client.query('rollback to savepoint before');
  return { decisions: decisions.rows, deliveries: deliveries.rows, digests: digests.rows };
}

test('a range of direct messages is decided about as each message alone, whatever the settings', async () => {
  const client = await pool.connect();
  let together = 0;
  let decided = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aUserState, { minLength: 3, maxLength: 3 }),
        fc.oneof(fc.constant([]), fc.array(aChange, { maxLength: 2 })),
        fc.nat(9),
        fc.nat(9),
        async (states, changes, one, other) => {
          await client.query('begin');
          try {
            await bring(client, states, changes);
            const [from, to] = [Math.min(one, other), Math.max(one, other)];
            const ranges = conversations.map(
              ({ id, seqs }): Range => ({
                conversation: id,
                after: seqs[from - 1] ?? (0 as Seq),
                upTo: seqs[to - 1] ?? (0 as Seq),
                hasMore: false,
              }),
            );
            const presenceOf = (account: AccountId) =>
              states[users.indexOf(account)]?.presence ?? 'unknown';
            const each = (some: readonly Range[]) =>
              decideEach(client, some, new ActivityBatch(client), { presenceOf, now: NOW });
            const alone = await storedBy(client, () => each(ranges));
            const asRanges = await storedBy(client, async () => {
              const others = await decideDirect(client, ranges, { presenceOf, now: NOW });
              together += ranges.length - others.length;
              await each(others);
            });
            expect(asRanges).toEqual(alone);
            decided += (alone as { decisions: object[] }).decisions.length;
          } finally {
            await client.query('rollback');
          }
        },
      ),
      { numRuns: 100 },
    );
  } finally {
    client.release();
  }
  // Otherwise the property would be vacuous.
  expect(together).toBeGreaterThan(100);
  expect(decided).toBeGreaterThan(300);
});
