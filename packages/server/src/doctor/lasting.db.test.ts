import { WORKSPACE_STREAM } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { aRealGroup, says } from '../../test/support/domain-builders.ts';
import {
  aPopulatedDatabase,
  contents,
  kinds,
  type PopulatedDatabase,
} from '../../test/support/populated-database.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { examine, repair } from './doctor.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

/** Damage to the log, which the doctor reports and does not repair. */
const LASTING: Record<string, [(t: PopulatedDatabase) => [string, unknown[]], string[]]> = {
  'an event that is gone': [
    (t) => [`delete from events where stream_id = $1 and seq = $2`, [t.group, t.message]],
    ['gap events 1', 'event_without_target events', 'row_without_event messages 1'],
  ],
  'the end of a log that is gone': [
    (t) => [
      `delete from events where stream_id = $1 and seq > (select last_seq - 2 from streams where id = $1)`,
      [t.group],
    ],
    ['gap events 2'],
  ],
  'a whole log that is gone': [
    (t) => ['delete from events where stream_id = $1', [t.group]],
    ['gap events', 'row_without_event conversations 1'],
  ],
  'events of a stream that does not exist': [
    (t) => [
      `insert into events (stream_id, seq, type, actor_id, at, data)
       values (gen_random_uuid(), 1, 'message.posted', $1, now(), '{"body":"lost"}')`,
      [t.users[0]],
    ],
    ['event_without_stream events 1', 'row_missing messages 1'],
  ],
  'an event dated before the one it follows': [
    (t) => [
      `update events set at = at - interval '50 seconds' where stream_id = $1 and seq = $2`,
      [t.group, t.message - 1],
    ],
    ['time_order events 1'],
  ],
  'an event of an unknown type': [
    (t) => [
      `update events set type = 'message.sung' where stream_id = $1 and seq = $2`,
      [t.group, t.message],
    ],
    ['event_unknown events 1'],
  ],
  'an event with data that its type does not allow': [
    (t) => [
      `update events set data = '{"text":"hello"}' where stream_id = $1 and seq = $2`,
      [t.group, t.message],
    ],
    ['event_malformed events 1'],
  ],
  'an event that cannot follow the others': [
    (t) => [
      // A current member joins again.
      `update events set type = 'member.joined', data = json_build_object('account', $3::text, 'role', 'member')
       where stream_id = $1 and seq = $2`,
      [t.group, t.deleted, t.users[1]],
    ],
    ['event_unappliable events 1'],
  ],
  'an edit of a message that was never posted': [
    (t) => [
      `update events set data = '{"message":1,"body":"hm"}' where stream_id = $1 and type = 'message.edited'`,
      [t.group],
    ],
    ['event_without_target events 1'],
  ],
  'a member without the join in the personal stream': [
    (t) => [
      `update events set data = json_build_object('conversation', $2::text, 'seq', 1)
       where stream_id = $1 and type = 'conversation.joined' and data->>'conversation' = $3`,
      [t.users[2], t.group, EVERYONE],
    ],
    ['join_not_announced events 1'],
  ],
  'an account without its event and its stream': [
    () => [
      `insert into accounts (id, username, username_key, display_name, email, email_key, created_at)
       values (gen_random_uuid(), 'eve', 'eve', 'eve', 'eve', 'eve', now())`,
      [],
    ],
    ['owner_without_stream accounts 1', 'row_without_event accounts 1'],
  ],
  'a stream without an account': [
    () => [`insert into streams (id, kind) values (gen_random_uuid(), 'personal')`, []],
    ['stream_without_owner streams 1'],
  ],
  'a command that was executed twice': [
    (t) => [
      `insert into unchanged_commands
       select actor_id, client_id, stream_id, seq from events where stream_id = $1 and seq = $2`,
      [t.group, t.message],
    ],
    ['command_repeated events 1'],
  ],
  'an answer with an event that does not exist': [
    (t) => [
      'insert into unchanged_commands values ($1, gen_random_uuid(), $2, 1000)',
      [t.users[0], t.group],
    ],
    ['command_without_event unchanged_commands 1'],
  ],
};

describe('damage that the events cannot repair', () => {
  test.for(Object.entries(LASTING))('%s', async ([, [damage, expected]]) => {
    const populated = await aPopulatedDatabase(cluster);
    await populated.pool.query(...damage(populated));
    const before = await contents(populated.pool);

    const { found, left } = await repair(populated.pool);
    for (const text of expected) expect(kinds(found).join('\n')).toContain(text);
    expect(found.filter((f) => f.repairable)).toEqual([]);
    expect(left).toEqual(found);
    expect(await contents(populated.pool)).toEqual(before);
  });

  test('includes a repeated (actor, client id), found without its unique index', async () => {
    const { pool, group, message } = await aPopulatedDatabase(cluster);
    await pool.query('drop index events_command');
    await pool.query(
      `update events e set client_id = f.client_id, actor_id = f.actor_id
       from events f
       where f.stream_id = $1 and f.seq = $2 and e.stream_id = $3 and e.seq = 1`,
      [group, message, WORKSPACE_STREAM],
    );
    expect(kinds(await examine(pool)).join('\n')).toContain('command_repeated events 1');
  });

  test('does not prevent the repair of other conversations', async () => {
    const { pool, append, users, group, message } = await aPopulatedDatabase(cluster);
    const other = await aRealGroup(append, [users[0], users[1]]);
    const said = await says(append, users[0], other, 'fine');
    await pool.query('delete from events where stream_id = $1 and seq = $2', [group, message]);
    await pool.query(`update messages set body = 'forged' where conversation_id = any($1)`, [
      [group, other],
    ]);
    const { left } = await repair(pool);
    const { rows } = await pool.query(
      'select body from messages where conversation_id = $1 and seq = $2',
      [other, said],
    );
    expect(rows).toEqual([{ body: 'fine' }]);
    expect(left.every((f) => !f.repairable)).toBe(true);
    expect(kinds(left).join('\n')).toContain('row_without_event messages 1 (cannot');
  });
});
