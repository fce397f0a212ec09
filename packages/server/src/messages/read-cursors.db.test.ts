import { type AccountId, type ConversationId, LIMITS, type Seq } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  says,
} from '../../test/support/domain-builders.ts';
import { anAccount, anAppend, upTo } from '../../test/support/stream-builders.ts';
import { joinGroup, leaveGroup } from '../conversations/members.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import { loadStart } from '../conversations/start.ts';
import type { Database } from '../storage/database.ts';
import type { Append } from '../stream/append.ts';
import { deleteMessage } from './commands.ts';
import { cursorsOf, ReadCursors, type ReadMove, readVersions } from './read-cursors.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
let append: Append;
let cursors: ReadCursors;

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
  append = await aBootstrappedAppend(db.pool);
  cursors = new ReadCursors(db.pool, testLog);
});
afterAll(() => server.stop());

const moved = (result: Awaited<ReturnType<ReadCursors['move']>>): ReadMove => {
  if ('refusal' in result) throw new Error(result.refusal.code);
  return result;
};
const readOf = async (account: AccountId, id: ConversationId) =>
  (await conversationFor(db.pool, account, id))?.readSeq;
const versionOf = async (account: AccountId) =>
  (await readVersions(db.pool, [account])).get(account);

async function aGroupOfTwo(messages: number) {
  const [ann, bob] = (await Promise.all([anAccount(db.pool), anAccount(db.pool)])) as [
    AccountId,
    AccountId,
  ];
  const id = await aRealGroup(append, [ann, bob]);
  const seqs: Seq[] = [];
  for (const n of upTo(messages)) seqs.push(await says(append, ann, id, `${n}`));
  return { ann, bob, id, seqs };
}

describe('a read cursor', () => {
  test('counts undeleted messages of others after it as unread', async () => {
    const { ann, bob, id, seqs } = await aGroupOfTwo(5);
    await says(append, bob, id, 'my own');
    await deleteMessage(append, about(ann, id), seqs[4] as Seq);
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({ unread: 4 });

    const move = moved(await cursors.move(bob, id, seqs[1] as Seq));

    expect(move).toMatchObject({
      version: 1,
      moved: true,
      sendReceipts: true,
      cursor: { conversation: id, readSeq: seqs[1], unread: 2, asOf: (seqs[4] as Seq) + 2 },
    });
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({
      readSeq: seqs[1],
      unread: 2,
    });
    // An author’s own messages are not unread.
    expect((await conversationFor(db.pool, ann, id))?.unread).toBe(1);
  });

  test('moves forward only, to the end of the stream at most, and versions real moves only', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(3);
    const last = seqs[2] as Seq;
    expect(moved(await cursors.move(bob, id, 1_000_000 as Seq)).cursor.readSeq).toBe(last);
    const back = moved(await cursors.move(bob, id, seqs[0] as Seq));
    expect(back).toMatchObject({ moved: false, version: 1, cursor: { readSeq: last, unread: 0 } });
    expect(await versionOf(bob)).toBe(1);
    // Marking unread moves it back.
    const unread = moved(await cursors.move(bob, id, seqs[0] as Seq, true));
    expect(unread).toMatchObject({ moved: true, version: 2, cursor: { unread: 2 } });
  });

  test('of the current membership period does not change that of an earlier one', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(4);
    moved(await cursors.move(bob, id, seqs[2] as Seq));
    await leaveGroup(append, about(bob, id));
    await joinGroup(append, about(bob, id));
    moved(await cursors.move(bob, id, seqs[0] as Seq, true));
    const { rows } = await db.pool.query<{ read_seq: number }>(
      `select read_seq from memberships where conversation_id = $1 and account_id = $2
       order by joined_seq`,
      [id, bob],
    );
    expect(rows.map((row) => row.read_seq)).toEqual([seqs[2], seqs[0]]);
    // The next period starts with the furthest of them.
    await leaveGroup(append, about(bob, id));
    await joinGroup(append, about(bob, id));
    expect(await readOf(bob, id)).toBe(seqs[2]);
  });

  test('counts unread messages up to the limit', async () => {
    const { bob, id } = await aGroupOfTwo(0);
    const cem = await anAccount(db.pool);
    await joinGroup(append, about(cem, id));
    await Promise.all(upTo(LIMITS.unreadMax + 20).map((n) => says(append, cem, id, `${n}`)));
    expect((await conversationFor(db.pool, bob, id))?.unread).toBe(LIMITS.unreadMax);
  });

  test('of a non-member cannot be moved', async () => {
    const { bob, id } = await aGroupOfTwo(1);
    const cem = await anAccount(db.pool);
    const refused = { refusal: { code: 'conversation_not_found' } };
    expect(await cursors.move(cem, id, 1 as Seq)).toMatchObject(refused);
    await leaveGroup(append, about(bob, id));
    expect(await cursors.move(bob, id, 1 as Seq)).toMatchObject(refused);
    expect(await versionOf(bob)).toBe(0);
  });
});

describe('concurrent moves', () => {
  test('of one cursor end at the last one, with a version for each real move', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(10);
    const other = await aRealGroup(append, [bob]);
    await says(append, bob, other, 'x');

    const moves = await Promise.all([
      ...seqs.map((seq) => cursors.move(bob, id, seq)),
      cursors.move(bob, other, 100 as Seq),
      cursors.move(bob, id, seqs[2] as Seq, true),
      cursors.move(bob, id, seqs[4] as Seq),
      cursors.move(bob, id, seqs[3] as Seq),
    ]);

    expect(await readOf(bob, id)).toBe(seqs[4]);
    const reported = moves.map(moved).filter((m) => m.moved);
    // Merged moves are reported once; versions have no gap.
    expect(reported.map((m) => m.version).sort()).toEqual([1, 2]);
    expect(await versionOf(bob)).toBe(2);
  });

  test('on two nodes, while members leave and join again, neither hang nor lose a version', async () => {
    const members = (await Promise.all(upTo(12).map(() => anAccount(db.pool)))) as [
      AccountId,
      ...AccountId[],
    ];
    const groups = await Promise.all(upTo(3).map(() => aRealGroup(append, members)));
    for (const id of groups) for (const n of upTo(20)) await says(append, members[0], id, `${n}`);
    const nodes = [cursors, new ReadCursors((await server.open()).pool, testLog)] as const;
    const appends = [append, anAppend(db.pool)] as const;

    const traffic = upTo(600).map(async (n) => {
      const who = members[(n * 7) % members.length] as AccountId;
      const id = groups[n % groups.length] as ConversationId;
      if (n % 9 === 0) await leaveGroup(appends[n % 2] as Append, about(who, id));
      else if (n % 8 === 0) await joinGroup(appends[n % 2] as Append, about(who, id));
      else if (n % 3 === 0) await says(append, members[0], id, `m${n}`).catch(() => undefined);
      else {
        const node = nodes[n % 2] as ReadCursors;
        return { who, move: await node.move(who, id, (n % 40) as Seq, n % 10 === 0) };
      }
      return null;
    });
    const results = (await Promise.all(traffic)).filter((r) => r !== null);

    // No deadlock and no timeout: refused to non-members only.
    const codes = results.flatMap((r) => ('refusal' in r.move ? [r.move.refusal.code] : []));
    expect(new Set(codes)).toEqual(new Set(codes.length > 0 ? ['conversation_not_found'] : []));
    for (const member of members) {
      const versions = results
        .filter((r) => r.who === member)
        .flatMap((r) => ('refusal' in r.move || !r.move.moved ? [] : [r.move.version]))
        .sort((a, b) => a - b);
      // Every version was reported exactly once.
      expect(versions).toEqual(upTo((await versionOf(member)) ?? 0));
    }
  });

  test('are not delayed by the locked row of another cursor', async () => {
    const { ann, bob, id, seqs } = await aGroupOfTwo(2);
    const client = await db.pool.connect();
    try {
      await client.query('begin');
      await client.query(
        'select from memberships where conversation_id = $1 and account_id = $2 for update',
        [id, bob],
      );
      let settled = false;
      const held = cursors.move(bob, id, seqs[1] as Seq).then((m) => {
        settled = true;
        return m;
      });
      expect(moved(await cursors.move(ann, id, seqs[0] as Seq)).moved).toBe(true);
      expect(settled).toBe(false);
      await client.query('commit');
      expect(moved(await held).cursor.readSeq).toBe(seqs[1]);
    } finally {
      client.release();
    }
  });
});

describe('snapshots', () => {
  test('have the read cursors and their version as of one moment', async () => {
    const { ann, bob, id, seqs } = await aGroupOfTwo(4);
    await cursors.move(bob, id, seqs[1] as Seq);
    const all = await cursorsOf(db.pool, bob);
    expect(all.readVersion).toBe(1);
    expect(all.items).toEqual([{ conversation: id, readSeq: seqs[1], unread: 2, asOf: seqs[3] }]);

    const gone = await aRealGroup(append, [ann, bob]);
    await leaveGroup(append, about(bob, gone));
    const streams = [id, gone, 'no uuid', bob, id.toUpperCase()];
    const cursor = Object.fromEntries(streams.map((stream) => [stream, 1 as Seq]));
    const start = await loadStart(db.pool, bob, { cursor });
    expect(start).toMatchObject({ readVersion: 1, personalSeq: 3 });
    expect(start.epoch).toMatch(/^[0-9a-f-]{36}$/);
    expect(start.conversations.map((c) => c.id)).toEqual([id]);
    expect([...start.periods]).toEqual([
      [id, [{ joinedSeq: 3, leftSeq: null }]],
      [gone, [{ joinedSeq: 3, leftSeq: 4 }]],
    ]);
    expect(start.conversations[0]?.lastMessage).toMatchObject({ seq: seqs[3], body: '4' });
  });

  test('of a conversation with concurrent posts are exact at their lastSeq', async () => {
    const { ann, bob, id } = await aGroupOfTwo(0);
    const writing = (async () => {
      for (const n of upTo(120)) await says(append, ann, id, `${n}`);
    })();
    let done = false;
    const finished = writing.then(() => {
      done = true;
    });
    while (!done) {
      const seen = await conversationFor(db.pool, bob, id);
      if (!seen) throw new Error('not a member');
      // Three events (created, two joined), then messages only.
      const messages = seen.lastSeq - 3;
      expect(seen.unread).toBe(Math.min(messages, LIMITS.unreadMax));
      expect(seen.lastMessage?.seq ?? 3).toBe(seen.lastSeq);
    }
    await finished;
  });
});
