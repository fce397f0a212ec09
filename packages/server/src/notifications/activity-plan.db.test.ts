import { type AccountId, LIMITS, type Seq } from '@parley/protocol';
import type pg from 'pg';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestCluster } from '../../test/support/database.ts';
import type { Queryable } from '../storage/queryable.ts';
import { itemsOfEvents } from './activity-items.ts';
import { activityOfAccount, unreadActivity } from './activity-queries.ts';
import { type MessageToDecide, messagesIn, type Range } from './messages-to-decide.ts';
import { recipientsOf } from './recipients.ts';

/** The database of a company. It has not been analyzed yet, so the planner has no statistics. */
const USERS = 3_000;
const GROUPS = 100;
const MEMBERS = 200;
const MESSAGES = 400;

let cluster: TestCluster;
let pool: Pool;
let me: AccountId;

const idOf = (kind: string, n: string) => `md5('${kind}' || ${n})::uuid`;
const user = (n: string) => idOf('user', n);
const group = (n: string) => idOf('group', n);

const ROWS = [
  `insert into accounts (id, username, username_key, display_name, email, email_key, created_at)
   select ${user('n')}, 'user' || n, 'user' || n, 'User', 'u' || n || '@x', 'u' || n || '@x', now() - n * interval '1 hour'
   from generate_series(0, ${USERS - 1}) n`,
  `update accounts set created_at = now() - interval '30 days' where id = ${user('0')}`,
  `insert into streams (id, kind, last_seq)
   select ${group('n')}, 'conversation', ${MESSAGES} from generate_series(1, ${GROUPS}) n`,
  `insert into conversations (id, kind, visibility, name, created_by, created_at, member_count)
   select ${group('n')}, 'group', 'public', 'group ' || n, ${user('1')}, now(), ${MEMBERS}
   from generate_series(1, ${GROUPS}) n`,
  `insert into memberships (conversation_id, account_id, joined_seq, read_seq)
   select ${group('g')}, ${user(`case m when 0 then 0 else 1 + (g * 37 + m) % ${USERS - 1} end`)}, 1, ${MESSAGES - 60}
   from generate_series(1, ${GROUPS}) g, generate_series(0, ${MEMBERS - 1}) m`,
  // Every tenth message is a reply, every fiftieth mentions everyone, and every hundredth does in a thread.
  `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq, thread, also_in_conversation, mentions)
   select ${group('g')}, n, ${user(`1 + (g * 37 + n) % ${USERS - 1}`)}, repeat('text ', 20),
     now() - (${MESSAGES} - n) * interval '1 hour' - g * interval '1 minute', n, case when n % 10 = 5 then 1 end, false,
     case when n % 50 = 0 then '[{"kind": "everyone"}]'::jsonb
       when n % 100 = 45 then '[{"kind": "everyone"}]'::jsonb end
   from generate_series(1, ${GROUPS}) g, generate_series(1, ${MESSAGES}) n`,
  `insert into thread_participants (account_id, conversation_id, thread, seq)
   select ${user('u')}, ${group('g')}, 1, 5
   from generate_series(1, ${GROUPS}) g, generate_series(0, 40) u where u > 0 or g % 4 = 0`,
  `insert into mentions (account_id, conversation_id, message_seq, seq)
   select ${user('u')}, ${group('g')}, s, s
   from generate_series(1, ${GROUPS}) g, generate_series(0, 20) u, generate_series(380, 389) s
   where u > 0 or g % 4 = 0`,
  `insert into reactions (conversation_id, message_seq, account_id, emoji, seq)
   select ${group('g')}, s, ${user('u')}, '👍', ${MESSAGES}
   from generate_series(1, ${GROUPS}) g, generate_series(300, 320) s, generate_series(1, 5) u`,
  `insert into activity_items (account_id, kind, conversation_id, message_seq, seq, actor_id, at)
   select ${user('u')}, k, ${group('g')}, case k when 'reply' then 1 when 'mention' then 380 + s else 300 + s end,
     ${MESSAGES}, ${user('9')}, now() - (g * 20 + s) * interval '1 minute'
   from generate_series(1, ${GROUPS}) g, generate_series(0, 9) s, generate_series(0, 10) u,
     unnest(array['mention', 'reply', 'reaction']) k
   where u > 0 or g % 8 = 0
   on conflict do nothing`,
  `insert into activity_reads (account_id, item, seq, read_at)
   select ${user('u')}, 'everyone:' || ${group('g')} || ':${MESSAGES - 50}', ${MESSAGES}, now()
   from generate_series(1, ${GROUPS}) g, generate_series(0, 20) u`,
  `insert into blocks (account_id, blocked_id, blocked_at, seq)
   select ${user('u')}, ${user('100 + b')}, now(), b
   from generate_series(0, 500) u, generate_series(1, 20) b`,
  `insert into notification_changes (account_id, seq, changed_at, conversation_id, settings, is_current)
   select ${user('u')}, g, now(), ${group('g')}, '{"level": null, "muted": {"until": null}}', true
   from generate_series(0, 300) u, generate_series(1, 10) g`,
  `insert into saved_messages (account_id, conversation_id, message_seq, saved_seq, saved_at, seq, reminded_at)
   select ${user('u')}, ${group('g')}, 3, g, now(), g, now() - g * interval '1 hour'
   from generate_series(0, 300) u, generate_series(1, 20) g`,
];

beforeAll(async () => {
  const database = await startTestDatabase();
  cluster = database;
  ({ pool } = await database.open());
  await pool.query(`do $$ declare t text; begin
    for t in select tablename from pg_tables where schemaname = 'public' loop
      execute format('alter table %I set (autovacuum_enabled = false)', t);
    end loop; end $$`);
  for (const text of ROWS) await pool.query(text);
  const { rows } = await pool.query(`select ${user('0')} as id`);
  me = rows[0].id;
}, 240_000);
afterAll(() => cluster?.stop());

interface Plan {
  readonly 'Node Type': string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** A conversation with many messages, since the tables were analyzed last. */
const LONG = 20_000;

/** Returns the pages that the statement of a query reads, with a custom and with a generic plan. */
async function pagesOf(
  query: (on: Queryable) => Promise<unknown>,
): Promise<Record<string, number>> {
  let made: { text: string; values?: unknown[] } | undefined;
  await query({
    query: async (statement: { text: string; values?: unknown[] }) => {
      made = statement;
      return { rows: [] };
    },
  } as unknown as Queryable);
  if (!made) throw new Error('The query made no statement');
  const { text, values = [] } = made;
  const textOf = (v: unknown): string => (v === null ? 'null' : String(v));
  const literal = (v: unknown): string =>
    Array.isArray(v) ? `'{${v.map(textOf).join()}}'` : `'${v}'`;
  const given = values.map((v) => (v === null ? 'null' : literal(v))).join();
  const client = await pool.connect();
  try {
    await client.query(`prepare explained as ${text}`);
    const pages: Record<string, number> = {};
    for (const mode of ['custom', 'generic']) {
      await client.query(`set plan_cache_mode = force_${mode}_plan`);
      const { rows } = await client.query(
        `explain (analyze, buffers, timing off, format json) execute explained (${given})`,
      );
      const plan = rows[0]['QUERY PLAN'][0].Plan as Plan;
      pages[mode] = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    }
    return pages;
  } finally {
    await client.query('reset plan_cache_mode; deallocate explained');
    client.release();
  }
}

const list = (isUnreadOnly: boolean) => (on: Queryable) =>
  activityOfAccount(on, me, { after: null, limit: 50, kinds: null, isUnreadOnly });

/**
 * Expects that PostgreSQL finds single rows by their keys, and scans neither tables nor
 * conversations.
 */
async function expectFewPages(): Promise<void> {
  const pages = {
    count: await pagesOf((on) => unreadActivity(on, me)),
    list: await pagesOf(list(false)),
    unread: await pagesOf(list(true)),
  };
  for (const plan of ['custom', 'generic']) {
    // With the plans of earlier versions, a list read over 100,000 pages.
    expect(pages.count[plan]).toBeLessThan(9_000);
    expect(pages.list[plan]).toBeLessThan(25_000);
    expect(pages.unread[plan]).toBeLessThan(25_000);
  }
}

test('counting and listing what is unread reads few pages, even before anything was analyzed', async () => {
  expect((await unreadActivity(pool, me)).unread).toBe(LIMITS.unreadMax);
  await expectFewPages();
});

test('few pages are read when everything was read with the messages', async () => {
  await pool.query(`update memberships set read_seq = ${MESSAGES} where account_id = '${me}'`);
  await pool.query(
    `insert into thread_cursors (account_id, conversation_id, thread, read_seq)
     select '${me}', conversation_id, 1, ${MESSAGES} from memberships where account_id = '${me}'`,
  );
  await pool.query(
    `update activity_items set is_read = true where account_id = '${me}' and kind = 'reaction'`,
  );
  await pool.query(
    `insert into activity_cursors (account_id, read_at) values ('${me}', now() - interval '1 minute')`,
  );
  expect((await unreadActivity(pool, me)).unread).toBe(0);
  await expectFewPages();
});

test('the latest messages are decided about without reading those before them', async () => {
  await pool.query('analyze');
  await pool.query(
    `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
     select ${group('1')}, n, ${user('1')}, repeat('text ', 20), now(), n
     from generate_series(${MESSAGES + 1}, ${LONG}) n`,
  );
  await pool.query(
    `insert into events (stream_id, seq, type, actor_id, at, data)
     select ${group('1')}, n, 'message.posted', ${user('1')}, now(), '{}'
     from generate_series(1, ${LONG}) n`,
  );
  const { rows } = await pool.query(`select ${group('1')} as id, ${user('1')} as author`);
  const [{ id: conversation, author }] = rows;
  const range = { conversation, after: LONG - 20, upTo: LONG, hasMore: false } as Range;
  const message: MessageToDecide = {
    conversation,
    seq: LONG as Seq,
    author,
    isDirect: false,
    thread: 1 as Seq,
    isOnlyInThread: true,
    isDeleted: false,
    mentions: null,
    body: '',
  };
  const asClient = (on: Queryable) => on as pg.ClientBase;
  const pages = [
    await pagesOf((on) => messagesIn(asClient(on), [range])),
    await pagesOf((on) => itemsOfEvents(asClient(on), [range])),
    // Some 40 followers of a thread, in a group of 200 members.
    await pagesOf((on) => recipientsOf(on, [message])),
  ];
  for (const [n, most] of [50, 50, 2_500].entries()) {
    expect(pages[n]?.custom).toBeLessThan(most);
    expect(pages[n]?.generic).toBeLessThan(most);
  }

  // Five reactions and ten new members, in a group of 30,000: with new statistics, a plan for any values read all
  // events of the conversation, unless the events of each range are looked for first, by its bounds.
  await pool.query(
    `update events set type = 'reaction.added', data = json_build_object('message', seq - 10), actor_id = ${user('2')}
     where stream_id = ${group('1')} and seq > ${LONG - 10} and seq % 2 = 0`,
  );
  await pool.query(
    `update events set type = 'member.joined', actor_id = ${user('2')},
       data = json_build_object('account', ${user('38')}, 'role', 'member')
     where stream_id = ${group('1')} and seq > ${LONG - 20} and seq % 2 = 1`,
  );
  const others = `from generate_series(${USERS}, ${USERS + 30_000}) n`;
  await pool.query(
    `insert into accounts (id, username, username_key, display_name, email, email_key, created_at)
     select ${user('n')}, 'user' || n, 'user' || n, 'User', 'u' || n || '@x', 'u' || n || '@x', now() ${others}`,
  );
  await pool.query(
    `insert into memberships (conversation_id, account_id, joined_seq, read_seq)
     select ${group('1')}, ${user('n')}, 1, 0 ${others}`,
  );
  await pool.query('analyze');
  const analyzed = await pagesOf((on) => itemsOfEvents(asClient(on), [range]));
  expect(analyzed.custom).toBeLessThan(200);
  expect(analyzed.generic).toBeLessThan(200);
});
