import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Seq,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { until } from '../../test/support/sink.ts';
import {
  about,
  aDirect,
  aPerson,
  aRealGroup,
  asking,
  aTown,
  conversationIn,
  says,
} from '../../test/support/town.ts';
import { deactivateAccount, reactivateAccount, updateAccount } from '../admin/commands.ts';
import { createGroup, deleteGroup, openDirect, renameGroup } from '../conversations/commands.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { addMember, joinGroup, leaveGroup, removeMember } from '../conversations/members.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  postMessage,
  removeReaction,
} from '../messages/commands.ts';
import { ReadCursors } from '../messages/read-cursors.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { examine, type Finding, repair } from './doctor.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

interface Lived {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly people: readonly [AccountId, AccountId, AccountId];
  readonly group: ConversationId;
  /** A message that was edited and has a reaction. */
  readonly message: Seq;
  readonly deleted: Seq;
}

/** A database in which a little of everything has happened. */
async function aLivedInTown(): Promise<Lived> {
  const { pool } = await (await cluster.fresh()).open();
  const append = await aTown(pool);
  const people = [
    await aPerson(append, 'ada'),
    await aPerson(append, 'bob'),
    await aPerson(append, 'cyd'),
  ] as const;
  const [ada, bob, cyd] = people;
  const group = await aRealGroup(append, [ada, bob, cyd]);
  const direct = await aDirect(append, ada, bob);
  await says(append, bob, direct, 'between us');
  const message = await says(append, ada, group, 'hello');
  await editMessage(append, about(ada, group), message, 'hello all');
  await addReaction(append, about(bob, group), message, '👍');
  await addReaction(append, about(cyd, group), message, '👍');
  await removeReaction(append, about(cyd, group), message, '👍');
  await addReaction(append, about(bob, group), message, '👍');
  const deleted = await says(append, bob, group, 'a mistake');
  await deleteMessage(append, about(bob, group), deleted);
  await leaveGroup(append, about(cyd, group));
  await says(append, ada, group, 'while cyd is away');
  await joinGroup(append, about(cyd, group));
  await renameGroup(append, about(ada, group), 'friends');
  await new ReadCursors(pool, testLog).move(bob, group, message, false);
  return { pool, append, people, group, message, deleted };
}

const kinds = (findings: readonly Finding[]) =>
  findings.map(
    (f) => `${f.kind} ${f.table} ${f.count}${f.repairable ? '' : ' (cannot be repaired)'}`,
  );

describe('a clean database', () => {
  test('gives nothing, also when it is empty', async () => {
    const { pool } = await (await cluster.fresh()).open();
    expect(await examine(pool)).toEqual([]);
    expect(await examine((await aLivedInTown()).pool)).toEqual([]);
  });

  test('gives nothing, whatever people did', async () => {
    const { pool, append, people } = await aLivedInTown();
    const cursors = new ReadCursors(pool, testLog);
    const place = fc.record({
      who: fc.nat(2),
      whom: fc.nat(2),
      where: fc.nat(9),
      seq: fc.integer({ min: 1, max: 40 }),
    });
    const what = fc.constantFrom(
      'post',
      'post',
      'edit',
      'delete',
      'react',
      'unreact',
      'group',
      'direct',
      'join',
      'leave',
      'add',
      'remove',
      'rename',
      'end',
      'read',
      'name',
      'out',
      'in',
    );
    const history = fc.array(fc.tuple(what, place), { minLength: 40, maxLength: 80 });
    const groups: ConversationId[] = [EVERYONE];

    const begun = async (asked: Promise<Outcome>) => {
      const outcome = await asked;
      // With somebody who is out of use nothing begins.
      if (outcome.kind === 'stored') groups.push(conversationIn(outcome));
      return outcome;
    };
    const live = async ([act, p]: [
      string,
      { who: number; whom: number; where: number; seq: number },
    ]) => {
      const [who, whom] = [people[p.who] as AccountId, people[p.whom] as AccountId];
      const where = groups[p.where % groups.length] as ConversationId;
      const seq = p.seq as Seq;
      const request = about(who, where);
      // The first of the people runs the server.
      const onAccount = { ...asking(people[0]), target: people[1 + (p.whom % 2)] as AccountId };
      const acts: Record<string, () => Promise<Outcome | object>> = {
        post: () => postMessage(append, request, `text ${p.seq}`),
        edit: () => editMessage(append, request, seq, `other text ${p.seq}`),
        delete: () => deleteMessage(append, request, seq),
        react: () => addReaction(append, request, seq, p.seq % 2 ? '👍' : '🎉'),
        unreact: () => removeReaction(append, request, seq, '👍'),
        group: () => {
          const group = { name: 'g', visibility: 'public' as const, members: [whom] };
          return begun(createGroup(append, asking(who), group));
        },
        direct: () => begun(openDirect(append, asking(who), whom)),
        join: () => joinGroup(append, request),
        leave: () => leaveGroup(append, request),
        add: () => addMember(append, request, whom),
        remove: () => removeMember(append, request, whom),
        rename: () => renameGroup(append, request, `name ${p.seq}`),
        end: () => deleteGroup(append, request),
        name: () => updateAccount(append, onAccount, { displayName: `Name ${p.seq}` }),
        out: () => deactivateAccount(append, onAccount),
        in: () => reactivateAccount(append, onAccount),
        read: () => cursors.move(who, where, seq, p.seq % 5 === 0),
      };
      await acts[act]?.();
    };
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        // Some at once, as many clients do.
        for (let i = 0; i < steps.length; i += 4) {
          await Promise.all(steps.slice(i, i + 4).map(live));
        }
        expect(await examine(pool)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  test('gives nothing while it is busy, and nobody waits for the doctor', async () => {
    const { pool, append, people, group } = await aLivedInTown();
    let over = false;
    let posted = 0;
    const busy = Promise.all(
      people.map(async (actor) => {
        while (!over) {
          const seq = await says(append, actor, group, `busy ${posted++}`);
          await addReaction(append, about(actor, group), seq, '👍');
        }
      }),
    );
    for (let n = 0; n < 5; n++) {
      const before = posted;
      expect(await examine(pool)).toEqual([]);
      expect(posted).toBeGreaterThan(before);
    }
    over = true;
    await busy;
  });
});

/** Damages that the events can put right: what is done, and what is found of it. */
const REPAIRABLE: Record<string, [(t: Lived) => [string, unknown[]], string[]]> = {
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
      [t.group, t.people[0]],
    ],
    ['row_without_event messages 1'],
  ],
  'a reaction that is gone': [
    (t) => ['delete from reactions where conversation_id = $1', [t.group]],
    ['row_missing reactions 1'],
  ],
  'a reaction without its event': [
    (t) => [
      `insert into reactions values ($1, $2, $3, '🎉', 9)`,
      [t.group, t.message, t.people[2]],
    ],
    ['row_without_event reactions 1'],
  ],
  'a member who has not joined': [
    (t) => [
      `insert into memberships (conversation_id, account_id, joined_seq) values ($1, $2, 1)`,
      [EVERYONE, t.people[0]],
    ],
    // The index allows one stay that goes on: the real one was ended before.
    ['row_without_event memberships 1', 'row_differs memberships 1'],
  ],
  'a member who is gone': [
    (t) => [
      'delete from memberships where conversation_id = $1 and account_id = $2',
      [t.group, t.people[1]],
    ],
    ['row_missing memberships 1'],
  ],
  'a member with another role': [
    (t) => [
      `update memberships set role = 'owner' where conversation_id = $1 and account_id = $2`,
      [EVERYONE, t.people[1]],
    ],
    ['row_differs memberships 1'],
  ],
  'a count of members that has stuck': [
    (t) => ['update conversations set member_count = 77 where id = $1', [t.group]],
    ['row_differs conversations 1'],
  ],
  'a group with another name': [
    (t) => [`update conversations set name = 'forged' where id = $1`, [t.group]],
    ['row_differs conversations 1'],
  ],
  'a person with another name': [
    (t) => [`update accounts set display_name = 'forged' where id = $1`, [t.people[1]]],
    ['row_differs accounts 1'],
  ],
  'a head that stands before its last event': [
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
      [t.group, t.people[1]],
    ],
    ['read_cursor_ahead memberships 1'],
  ],
};

/** Damages of the log: they are told of, and nothing is touched. */
const LASTING: Record<string, [(t: Lived) => [string, unknown[]], string[]]> = {
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
      [t.people[0]],
    ],
    ['event_without_stream events 1', 'row_missing messages 1'],
  ],
  'an event dated before the one it follows': [
    (t) => [
      `update events set at = at - interval '1 day' where stream_id = $1 and seq = $2`,
      [t.group, t.message - 1],
    ],
    ['time_order events 1'],
  ],
  'an event of another age': [
    (t) => [
      `update events set type = 'message.sung' where stream_id = $1 and seq = $2`,
      [t.group, t.message],
    ],
    ['event_unknown events 1'],
  ],
  'an event whose data is not what its type wants': [
    (t) => [
      `update events set data = '{"text":"hello"}' where stream_id = $1 and seq = $2`,
      [t.group, t.message],
    ],
    ['event_malformed events 1'],
  ],
  'an event that cannot follow the others': [
    (t) => [
      // Who is a member joins once more.
      `update events set type = 'member.joined', data = json_build_object('account', $3::text, 'role', 'member')
       where stream_id = $1 and seq = $2`,
      [t.group, t.deleted, t.people[1]],
    ],
    ['event_unappliable events 1'],
  ],
  'an edit of a message that nobody posted': [
    (t) => [
      `update events set data = '{"message":1,"body":"hm"}' where stream_id = $1 and type = 'message.edited'`,
      [t.group],
    ],
    ['event_without_target events 1'],
  ],
  'a member who was never told': [
    (t) => [
      `update events set data = json_build_object('conversation', $2::text, 'seq', 1)
       where stream_id = $1 and type = 'conversation.joined' and data->>'conversation' = $3`,
      [t.people[2], t.group, EVERYONE],
    ],
    ['joined_untold events 1'],
  ],
  'an account without its event and its stream': [
    () => [
      `insert into accounts (id, username, username_key, display_name, email, email_key, created_at)
       values (gen_random_uuid(), 'eve', 'eve', 'eve', 'eve', 'eve', now())`,
      [],
    ],
    ['owner_without_stream accounts 1', 'row_without_event accounts 1'],
  ],
  'a stream that belongs to nobody': [
    () => [`insert into streams (id, kind) values (gen_random_uuid(), 'personal')`, []],
    ['stream_without_owner streams 1'],
  ],
  'a command that was carried out twice': [
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
      [t.people[0], t.group],
    ],
    ['command_without_event unchanged_commands 1'],
  ],
};

/** What has to be out of the way before a damage can be done. */
async function prepare(name: string, { pool, people }: Lived): Promise<void> {
  if (name === 'a member who has not joined') {
    await pool.query(
      'update memberships set left_seq = 99 where conversation_id = $1 and account_id = $2',
      [EVERYONE, people[0]],
    );
  }
}

describe('what the events can put right', () => {
  test.for(Object.entries(REPAIRABLE))('%s', async ([name, [damage, expected]]) => {
    const town = await aLivedInTown();
    const before = await contents(town.pool);
    await prepare(name, town);
    await town.pool.query(...damage(town));

    const found = await examine(town.pool);
    expect(kinds(found).sort()).toEqual([...expected].sort());
    expect(JSON.stringify(found)).not.toMatch(/forged|hello|again|never said/);

    expect(await repair(town.pool)).toEqual({ found, left: [] });
    expect(await examine(town.pool)).toEqual([]);
    const after = await contents(town.pool);
    // Where a row is made anew its read cursor begins anew; the rest is as it was.
    expect(withoutCursors(after)).toEqual(withoutCursors(before));
    expect(after.events).toEqual(before.events);
    // And the stream goes on.
    await says(town.append, town.people[0], town.group, 'still here');
    expect(await examine(town.pool)).toEqual([]);
  });

  test('all of it at once, and only where it is', async () => {
    const town = await aLivedInTown();
    const before = await contents(town.pool);
    for (const [name, [damage]] of Object.entries(REPAIRABLE)) {
      // Two that cannot be beside the others.
      if (/has not joined|that is gone|is gone/.test(name)) continue;
      await town.pool.query(...damage(town));
    }
    const { found, left } = await repair(town.pool);
    expect(found.length).toBeGreaterThan(6);
    expect(left).toEqual([]);
    expect(withoutCursors(await contents(town.pool))).toEqual(withoutCursors(before));
  });

  test('while people go on writing, reading, joining and leaving: they wait, and lose nothing', async () => {
    const { pool, append, people, group } = await aLivedInTown();
    const [ada, bob, cyd] = people;
    const cursors = new ReadCursors(pool, testLog);
    let over = false;
    const acked: number[] = [];
    const again = async (work: (n: number) => Promise<unknown>) => {
      for (let n = 0; !over; n++) await work(n);
    };
    const busy = Promise.all([
      again(async (n) => acked.push(await says(append, ada, group, `ada ${n}`))),
      again(async (n) => acked.push(await says(append, bob, group, `bob ${n}`))),
      again(() => cursors.move(bob, group, 10_000 as Seq, false)),
      again(async () => {
        await leaveGroup(append, about(cyd, group));
        await joinGroup(append, about(cyd, group));
      }),
      again((n) => aPerson(append, `newcomer${n}`)),
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
        await pool.query('update conversations set member_count = 50 where id = any($1)', [
          [group, EVERYONE],
        ]);
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

  test('a cursor that is put back is told of by the read version', async () => {
    const { pool, group, people } = await aLivedInTown();
    const [, bob] = people;
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

describe('what the events cannot put right', () => {
  test.for(Object.entries(LASTING))('%s', async ([name, [damage, expected]]) => {
    const town = await aLivedInTown();
    await prepare(name, town);
    await town.pool.query(...damage(town));
    const before = await contents(town.pool);

    const { found, left } = await repair(town.pool);
    for (const text of expected) expect(kinds(found).join('\n')).toContain(text);
    expect(found.filter((f) => f.repairable)).toEqual([]);
    expect(left).toEqual(found);
    expect(await contents(town.pool)).toEqual(before);
  });

  test('(actor, client id) twice in the log, found without the index that forbids it', async () => {
    const { pool, group, message } = await aLivedInTown();
    await pool.query('drop index events_command');
    await pool.query(
      `update events e set client_id = f.client_id, actor_id = f.actor_id
       from events f
       where f.stream_id = $1 and f.seq = $2 and e.stream_id = $3 and e.seq = 1`,
      [group, message, WORKSPACE_STREAM],
    );
    expect(kinds(await examine(pool)).join('\n')).toContain('command_repeated events 1');
  });

  test('is no reason to leave other conversations damaged', async () => {
    const { pool, append, people, group, message } = await aLivedInTown();
    const other = await aRealGroup(append, [people[0], people[1]]);
    const said = await says(append, people[0], other, 'fine');
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

test('places are counted, and the first ten are named', async () => {
  const { pool, append, people, group } = await aLivedInTown();
  for (let n = 0; n < 15; n++) await says(append, people[0], group, `number ${n}`);
  await pool.query(`update messages set body = 'forged' where deleted_at is null`);
  const [found] = await examine(pool);
  expect(found).toMatchObject({ kind: 'row_differs', table: 'messages', count: 18 });
  expect(found?.places).toHaveLength(10);
  expect(found?.places[0]).toEqual({
    key: { conversation_id: expect.any(String), seq: expect.any(Number) },
    detail: 'body',
  });
});

test('100,000 events are gone through in bounded memory', { timeout: 180_000 }, async () => {
  const { pool, append, people } = await aLivedInTown();
  const [ada] = people;
  const group = await aRealGroup(append, people);
  const stream = streamOfConversation(group);
  const first = (await says(append, ada, group, 'first')) as number;
  // Written as a lane writes them, in bulk: messages, one in ten of them edited.
  const body = 'x'.repeat(400);
  await pool.query(
    `insert into events (stream_id, seq, type, actor_id, at, data)
     select $1, $2 + n, case when n % 10 = 0 then 'message.edited' else 'message.posted' end, $3,
            date_trunc('milliseconds', now()),
            case when n % 10 = 0 then json_build_object('message', $2::int8 + n - 1, 'body', $4::text)
                 else json_build_object('body', $4::text) end
     from generate_series(1, 100000) n`,
    [stream, first, ada, body],
  );
  await pool.query(
    `insert into messages (conversation_id, seq, author_id, body, posted_at, edited_at, changed_seq)
     select stream_id, seq, actor_id, $2, at, case when (seq - $3) % 10 = 9 then at end,
            case when (seq - $3) % 10 = 9 then seq + 1 else seq end
     from events where stream_id = $1 and seq > $3 and type = 'message.posted'`,
    [stream, body, first],
  );
  await pool.query(
    `update streams s set last_seq = e.seq, last_at = e.at
     from (select seq, at from events where stream_id = $1 order by seq desc limit 1) e
     where s.id = $1`,
    [stream],
  );

  let peak = 0;
  const before = process.memoryUsage().rss;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const begun = performance.now();
  const found = await examine(pool);
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(watch);
  console.info(
    `100,000 events: ${seconds.toFixed(1)} s, ${((peak - before) / 2 ** 20).toFixed(0)} MiB more`,
  );
  expect(found).toEqual([]);
  // The events alone are some 45 MB of text.
  expect(peak - before).toBeLessThan(200 * 2 ** 20);
  expect(LIMITS.bodyCharacters).toBeGreaterThan(body.length);
});

async function contents(pool: pg.Pool): Promise<Record<string, object[]>> {
  const tables = ['streams', 'events', 'accounts', 'conversations', 'memberships', 'messages'];
  const all: Record<string, object[]> = {};
  for (const table of [...tables, 'reactions']) {
    const { rows } = await pool.query(`select t.* from ${table} t order by 1, 2, 3`);
    all[table] = rows;
  }
  return all;
}

function withoutCursors(all: Record<string, object[]>): unknown {
  return {
    ...all,
    memberships: all.memberships?.map((row) => ({ ...row, read_seq: 0 })),
    accounts: all.accounts?.map((row) => ({ ...row, read_version: 0 })),
  };
}
