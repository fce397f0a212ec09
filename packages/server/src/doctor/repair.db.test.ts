import type { Seq } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { about, aUser, says } from '../../test/support/domain-builders.ts';
import {
  aPopulatedDatabase,
  contents,
  kinds,
  type PopulatedDatabase,
  withoutCursors,
} from '../../test/support/populated-database.ts';
import { until } from '../../test/support/sink.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { joinGroup, leaveGroup } from '../conversations/members.ts';
import { editMessage } from '../messages/commands.ts';
import { ReadCursors } from '../messages/read-cursors/read-cursors.ts';
import { conversationsBehind, fillIndex } from '../search/fill.ts';
import { emptyIndex } from '../search/segment-store.ts';
import { withTransaction } from '../storage/database.ts';
import { examine, repair } from './doctor.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

/** Repairable damage: the statement that causes it, and the expected findings. */
const REPAIRABLE: Record<string, [(t: PopulatedDatabase) => [string, unknown[]], string[]]> = {
  'a message with another text': [
    (t) => [
      `update messages set body = 'forged' where conversation_id = $1 and seq = $2`,
      [t.group, t.message],
    ],
    ['row_differs messages 1'],
  ],
  'a deleted message that is there again': [
    (t) => [
      `update messages set body = 'again', deleted_at = null where conversation_id = $1 and seq = $2`,
      [t.group, t.deleted],
    ],
    ['row_differs messages 1'],
  ],
  'a message that is gone': [
    (t) => [`delete from messages where conversation_id = $1 and seq = $2`, [t.group, t.message]],
    ['row_missing messages 1'],
  ],
  'a message without its event': [
    (t) => [
      `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
       values ($1, 1, $2, 'never said', now(), 1)`,
      [t.group, t.users[0]],
    ],
    ['row_without_event messages 1'],
  ],
  'a link without its event that was used': [
    (t) => [
      `with link as (
         insert into group_links (id, conversation_id, created_by, created_at)
         values (gen_random_uuid(), $1, $2, now()) returning id
       )
       insert into group_link_uses (link_id, account_id, seq) select id, $2, 1 from link`,
      [t.group, t.users[0]],
    ],
    // The stream of the use is only known by the link, with which it is removed.
    ['row_without_event group_link_uses 1 (cannot be repaired)', 'row_without_event group_links 1'],
  ],
  'a reaction that is gone': [
    (t) => ['delete from reactions where conversation_id = $1', [t.group]],
    ['row_missing reactions 1'],
  ],
  'a reaction without its event': [
    (t) => [`insert into reactions values ($1, $2, $3, '🎉', 9)`, [t.group, t.message, t.users[2]]],
    ['row_without_event reactions 1'],
  ],
  'a pin that is gone': [
    (t) => ['delete from pins where conversation_id = $1', [t.group]],
    ['row_missing pins 1'],
  ],
  'a pin by another member': [
    (t) => ['update pins set pinned_by = $2 where conversation_id = $1', [t.group, t.users[2]]],
    ['row_differs pins 1'],
  ],
  'a pin without its event': [
    (t) => [`insert into pins values ($1, $2, $3, now(), 9)`, [t.group, t.unpinned, t.users[2]]],
    ['row_without_event pins 1'],
  ],
  'a member who has not joined': [
    (t) => [
      `insert into memberships (conversation_id, account_id, joined_seq) values ($1, $2, 1)`,
      [EVERYONE, t.users[0]],
    ],
    // The index allows one current membership period, so the real one was ended first.
    ['row_without_event memberships 1', 'row_differs memberships 1'],
  ],
  'a member who is gone': [
    (t) => [
      'delete from memberships where conversation_id = $1 and account_id = $2',
      [t.group, t.users[1]],
    ],
    ['row_missing memberships 1'],
  ],
  'a member with another role': [
    (t) => [
      `update memberships set role = 'owner' where conversation_id = $1 and account_id = $2`,
      [EVERYONE, t.users[1]],
    ],
    ['row_differs memberships 1'],
  ],
  'a wrong member count': [
    (t) => ['update conversations set member_count = 77 where id = $1', [t.group]],
    ['row_differs conversations 1'],
  ],
  'a group with another name': [
    (t) => [`update conversations set name = 'forged' where id = $1`, [t.group]],
    ['row_differs conversations 1'],
  ],
  'a user with another name': [
    (t) => [`update accounts set display_name = 'forged' where id = $1`, [t.users[1]]],
    ['row_differs accounts 1'],
  ],
  'a head before the last event': [
    (t) => ['update streams set last_seq = last_seq - 2 where id = $1', [t.group]],
    ['head_behind streams 1'],
  ],
  'a stream with another time': [
    (t) => [`update streams set last_at = last_at + interval '1 day' where id = $1`, [t.group]],
    ['head_time streams 1'],
  ],
  'a read cursor after the end': [
    (t) => [
      `update memberships set read_seq = 1000 where conversation_id = $1 and account_id = $2`,
      [t.group, t.users[1]],
    ],
    ['read_cursor_ahead memberships 1'],
  ],
};

/** Drops the constraint that prevents the damage. */
async function prepare(name: string, { pool, users }: PopulatedDatabase): Promise<void> {
  if (name === 'a member who has not joined') {
    await pool.query(
      'update memberships set left_seq = 99 where conversation_id = $1 and account_id = $2',
      [EVERYONE, users[0]],
    );
  }
}

test('a search index that lacks messages, or has them with other texts, is emptied and filled again', async () => {
  const { pool, append, users, group, message } = await aPopulatedDatabase(cluster);
  const fill = async () => fillIndex(pool, await conversationsBehind(pool));
  const forge = (body: string) =>
    pool.query('update messages set body = $3 where conversation_id = $1 and seq = $2', [
      group,
      message,
      body,
    ]);
  // As the server does when it starts.
  await withTransaction(pool, emptyIndex);
  await fill();
  await says(append, users[0], group, 'one more');
  await fill();
  expect(await examine(pool)).toEqual([]);
  await pool.query('delete from search_segments where size = 1');
  const found = await examine(pool);
  expect(kinds(found)).toEqual(['index_incomplete search_segments 1']);
  expect(await repair(pool)).toEqual({ found, left: [] });

  await forge('forged');
  await fill();
  await forge('hello all');
  expect(kinds(await examine(pool))).toEqual(['index_differs search_segments 1']);
  await repair(pool);
  await fill();
  expect(await examine(pool)).toEqual([]);
  expect(await conversationsBehind(pool)).toEqual([]);

  // A message that is indexed is edited: its new text is not indexed yet.
  await editMessage(append, about(users[0], group), message, 'hello everyone');
  expect(await examine(pool)).toEqual([]);
  await fill();
  await editMessage(append, about(users[0], group), message, 'hello all');
  await fill();
  expect(await examine(pool)).toEqual([]);
});

describe('damage that the events can repair', () => {
  // Shared by the tests of one damage each, which leave it repaired.
  let populated: PopulatedDatabase;
  beforeAll(async () => {
    populated = await aPopulatedDatabase(cluster);
  });

  test.for(Object.entries(REPAIRABLE))('%s', async ([name, [damage, expected]]) => {
    const before = await contents(populated.pool);
    await prepare(name, populated);
    await populated.pool.query(...damage(populated));

    const found = await examine(populated.pool);
    expect(kinds(found).sort()).toEqual([...expected].sort());
    expect(JSON.stringify(found)).not.toMatch(/forged|hello|again|never said/);

    expect(await repair(populated.pool)).toEqual({ found, left: [] });
    expect(await examine(populated.pool)).toEqual([]);
    const after = await contents(populated.pool);
    // A row that is inserted again starts with a new read cursor.
    expect(withoutCursors(after)).toEqual(withoutCursors(before));
    expect(after.events).toEqual(before.events);
    // The stream accepts commands.
    await says(populated.append, populated.users[0], populated.group, 'still here');
    expect(await examine(populated.pool)).toEqual([]);
  });

  test('is repaired all at once, without other changes', async () => {
    const populated = await aPopulatedDatabase(cluster);
    const before = await contents(populated.pool);
    for (const [name, [damage]] of Object.entries(REPAIRABLE)) {
      // These cannot be combined with the others.
      if (/has not joined|that is gone|is gone/.test(name)) continue;
      await populated.pool.query(...damage(populated));
    }
    const { found, left } = await repair(populated.pool);
    expect(found.length).toBeGreaterThan(6);
    expect(left).toEqual([]);
    expect(withoutCursors(await contents(populated.pool))).toEqual(withoutCursors(before));
  });

  test('is repaired under concurrent commands, which wait and lose nothing', async () => {
    const { pool, append, users, group } = await aPopulatedDatabase(cluster);
    const [ada, bob, cyd] = users;
    const cursors = new ReadCursors(pool, testLog);
    let over = false;
    const acked: number[] = [];
    const again = async (work: (n: number) => Promise<unknown>) => {
      for (let n = 0; !over; n++) await work(n);
    };
    const busy = Promise.all([
      again(async (n) => acked.push(await says(append, ada, group, `ada ${n}`))),
      again(async (n) => acked.push(await says(append, bob, group, `bob ${n}`))),
      again(() => cursors.move(bob, group, 10_000 as Seq)),
      again(async () => {
        await leaveGroup(append, about(cyd, group));
        await joinGroup(append, about(cyd, group));
      }),
      again((n) => aUser(append, `newcomer${n}`)),
    ]);
    try {
      for (let n = 1; n <= 2; n++) {
        await until(() => acked.length > n * 30, 'some messages');
        await pool.query(
          `update messages set body = 'forged' where conversation_id = $1 and seq % 3 = 0`,
          [group],
        );
        await pool.query(
          `delete from messages where conversation_id = $1 and seq = (
             select max(seq) from messages where conversation_id = $1 and seq % 3 = 1)`,
          [group],
        );
        // One at a time: together they could be locked in another order than commands lock them.
        for (const id of [group, EVERYONE]) {
          await pool.query('update conversations set member_count = 50 where id = $1', [id]);
        }
        const { found, left } = await repair(pool);
        expect(found.length).toBeGreaterThan(2);
        expect(left).toEqual([]);
      }
    } finally {
      over = true;
      await busy;
    }
    expect(await examine(pool)).toEqual([]);
    const { rows } = await pool.query<{ seq: number }>(
      `select seq from messages where conversation_id = $1 and body ~ '^(ada|bob) ' order by seq`,
      [group],
    );
    expect(rows.map((row) => row.seq)).toEqual(acked.sort((a, b) => a - b));
  });

  test('raises the read version when a read cursor is moved back', async () => {
    const { pool, group, users } = await aPopulatedDatabase(cluster);
    const [, bob] = users;
    const version = async () => {
      const { rows } = await pool.query('select read_version from accounts where id = $1', [bob]);
      return rows[0].read_version;
    };
    const before = await version();
    await pool.query(
      'update memberships set read_seq = 1000 where conversation_id = $1 and account_id = $2',
      [group, bob],
    );
    await repair(pool);
    expect(await version()).toBe(before + 1);
  });
});
