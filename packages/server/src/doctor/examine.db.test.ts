import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  endPool,
  startTestCluster,
  type TestCluster,
  testLog,
} from '../../test/support/database.ts';
import {
  about,
  aRealGroup,
  asking,
  conversationIn,
  says,
  testAudit,
} from '../../test/support/domain-builders.ts';
import { aPopulatedDatabase } from '../../test/support/populated-database.ts';
import { deactivateAccount, reactivateAccount, updateAccount } from '../admin/commands.ts';
import { createGroup, deleteGroup, openDirect } from '../conversations/commands.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { addMember, joinGroup, leaveGroup, removeMember } from '../conversations/members.ts';
import { renameGroup } from '../conversations/settings.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  pinMessage,
  postMessage,
  removeReaction,
  unpinMessage,
} from '../messages/commands.ts';
import { ReadCursors } from '../messages/read-cursors/read-cursors.ts';
import type { Outcome } from '../stream/append.ts';
import { examine } from './doctor.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

describe('a clean database', () => {
  test('has no findings, even when empty', async () => {
    const { pool } = await (await cluster.fresh()).open();
    expect(await examine(pool)).toEqual([]);
    expect(await examine((await aPopulatedDatabase(cluster)).pool)).toEqual([]);
  });

  test('has no findings through a pool with default type parsers', async () => {
    const { pool } = await aPopulatedDatabase(cluster);
    // Default parsers return int8 as text.
    const { host, port, user, database } = pool.options as pg.PoolConfig;
    const plain = new pg.Pool({ host, port, user, database } as pg.PoolConfig);
    expect(await examine(plain)).toEqual([]);
    await endPool(plain);
  });

  test('has no findings after any history of commands', async () => {
    const { pool, append, users } = await aPopulatedDatabase(cluster);
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
      'pin',
      'unpin',
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

    const created = async (outcomePending: Promise<Outcome>) => {
      const outcome = await outcomePending;
      // Refused when the other account is inactive.
      if (outcome.kind === 'stored') groups.push(conversationIn(outcome));
      return outcome;
    };
    const live = async ([act, p]: [
      string,
      { who: number; whom: number; where: number; seq: number },
    ]) => {
      const [who, whom] = [users[p.who] as AccountId, users[p.whom] as AccountId];
      const where = groups[p.where % groups.length] as ConversationId;
      const seq = p.seq as Seq;
      const request = about(who, where);
      // The first user owns the server.
      const target = users[1 + (p.whom % 2)] as AccountId;
      const onAccount = { ...asking(users[0]), target, audit: testAudit };
      const acts: Record<string, () => Promise<Outcome | object>> = {
        post: () => postMessage(append, request, `text ${p.seq}`),
        edit: () => editMessage(append, request, seq, `other text ${p.seq}`),
        delete: () => deleteMessage(append, request, seq),
        react: () => addReaction(append, request, seq, p.seq % 2 ? '👍' : '🎉'),
        unreact: () => removeReaction(append, request, seq, '👍'),
        pin: () => pinMessage(append, request, seq),
        unpin: () => unpinMessage(append, request, seq),
        group: () => {
          const group = { name: 'g', visibility: 'public' as const, members: [whom] };
          return created(createGroup(append, asking(who), group));
        },
        direct: () => created(openDirect(append, asking(who), [whom])),
        join: () => joinGroup(append, request),
        leave: () => leaveGroup(append, request),
        add: () => addMember(append, request, whom),
        remove: () => removeMember(append, request, whom),
        rename: () => renameGroup(append, request, `name ${p.seq}`),
        end: () => deleteGroup(append, request),
        name: () => updateAccount(append, onAccount, { displayName: `Name ${p.seq}` }),
        out: () => deactivateAccount(append, onAccount),
        in: () => reactivateAccount(append, onAccount),
        read: () => cursors.move(who, where, seq, { unread: p.seq % 5 === 0 }),
      };
      await acts[act]?.();
    };
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        // Four at a time, concurrently.
        for (let i = 0; i < steps.length; i += 4) {
          await Promise.all(steps.slice(i, i + 4).map(live));
        }
        expect(await examine(pool)).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  test('has no findings under concurrent writes, and does not block them', async () => {
    const { pool, append, users, group } = await aPopulatedDatabase(cluster);
    let over = false;
    let posted = 0;
    const busy = Promise.all(
      users.map(async (actor) => {
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

test('a finding counts all places and names the first ten', async () => {
  const { pool, append, users, group } = await aPopulatedDatabase(cluster);
  for (let n = 0; n < 15; n++) await says(append, users[0], group, `number ${n}`);
  await pool.query(`update messages set body = 'forged' where deleted_at is null`);
  const [found] = await examine(pool);
  expect(found).toMatchObject({ kind: 'row_differs', table: 'messages', count: 20 });
  expect(found?.places).toHaveLength(10);
  expect(found?.places[0]).toEqual({
    key: { conversation_id: expect.any(String), seq: expect.any(Number) },
    detail: 'body',
  });
});

test('checks 100,000 events in bounded memory', { timeout: 180_000 }, async () => {
  const { pool, append, users } = await aPopulatedDatabase(cluster);
  const [ada] = users;
  const group = await aRealGroup(append, users);
  const stream = streamOfConversation(group);
  const first = (await says(append, ada, group, 'first')) as number;
  // Inserted in bulk, as a transaction does: messages, one in ten of them edited.
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
  const startedAt = performance.now();
  const found = await examine(pool);
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(watch);
  console.info(
    `100,000 events: ${seconds.toFixed(1)} s, ${((peak - before) / 2 ** 20).toFixed(0)} MiB more`,
  );
  expect(found).toEqual([]);
  // The events alone are about 45 MB of text.
  expect(peak - before).toBeLessThan(200 * 2 ** 20);
  expect(LIMITS.bodyCharacters).toBeGreaterThan(body.length);
});
