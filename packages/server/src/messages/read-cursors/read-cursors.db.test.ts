import type { Socket } from 'node:net';
import {
  type AccountId,
  type ConversationId,
  type Event,
  LIMITS,
  type Seq,
} from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  says,
} from '../../../test/support/domain-builders.ts';
import { aClientId, anAccount, anAppend, upTo } from '../../../test/support/stream-builders.ts';
import { addMember, joinGroup, leaveGroup } from '../../conversations/members.ts';
import { conversationFor } from '../../conversations/snapshot.ts';
import { StartReader } from '../../conversations/start.ts';
import { examine } from '../../doctor/doctor.ts';
import type { Database } from '../../storage/database.ts';
import type { Append } from '../../stream/append.ts';
import { deleteMessage, editMessage } from '../commands.ts';
import { readAll } from './read-all.ts';
import { cursorsOf, ReadCursors, type ReadMove, readVersions } from './read-cursors.ts';
import { seenBy } from './seen-by.ts';

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

/** A step of the property test; `n` selects a device and a place. */
type Step = { readonly kind: (typeof STEPS)[number]; readonly n: number };
const STEPS = [
  ...([
    'post',
    'post',
    'ownPost',
    'delete',
    'read',
    'read',
    'readKnown',
    'mark',
    'markKnown',
  ] as const),
  ...(['learn', 'readAll', 'leave', 'rejoin'] as const),
];
const aStep: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom(...STEPS), n: fc.nat(100) });

interface LoggedEvent {
  readonly seq: number;
  readonly type: string;
  readonly actor_id: string;
  readonly message: number | null;
}
const LOG = `select seq, type, actor_id, (data ->> 'message')::int as message
  from events where stream_id = $1 order by seq`;

interface StepContext {
  readonly ann: AccountId;
  readonly bob: AccountId;
  readonly id: ConversationId;
  readonly log: readonly LoggedEvent[];
  readonly model: { readSeq: Seq; revision: number; isMember: boolean };
  readonly device: { revision: number };
}

/** Counts, in the log, the messages of others after a seq that are not deleted. */
function unreadIn(log: readonly LoggedEvent[], account: AccountId, readSeq: Seq): number {
  const deleted = new Set(log.filter((e) => e.type === 'message.deleted').map((e) => e.message));
  const isUnread = (e: LoggedEvent) =>
    e.type === 'message.posted' && e.seq > readSeq && e.actor_id !== account && !deleted.has(e.seq);
  return log.filter(isUnread).length;
}

async function perform({ kind, n }: Step, context: StepContext): Promise<void> {
  const { ann, bob, id, log, model, device } = context;
  const seq = (1 + (n % (log.length + 3))) as Seq;
  const end = log.length as Seq;
  const goal = Math.min(seq, end) as Seq;
  const posted = log.filter((e) => e.type === 'message.posted' && e.actor_id === ann);
  const applies = (revision?: number) =>
    model.isMember && (revision === undefined || revision === model.revision);
  const read = async (revision?: number) => {
    await cursors.move(bob, id, seq, { revision });
    if (applies(revision)) model.readSeq = Math.max(model.readSeq, goal) as Seq;
  };
  const mark = async (revision?: number) => {
    await cursors.move(bob, id, seq, { unread: true, revision });
    if (!applies(revision)) return;
    model.readSeq = goal;
    model.revision++;
  };
  const actions: Readonly<Record<Step['kind'], () => unknown>> = {
    post: () => says(append, ann, id, 'text'),
    ownPost: () => model.isMember && says(append, bob, id, 'text'),
    delete: () => {
      const event = posted[n % Math.max(1, posted.length)];
      return event && deleteMessage(append, about(ann, id), event.seq as Seq);
    },
    read: () => read(device.revision),
    readKnown: () => read(),
    mark: () => mark(device.revision),
    markKnown: () => mark(),
    learn: () => {
      device.revision = model.revision;
    },
    readAll: async () => {
      await readAll(db.pool, cursors, bob);
      if (model.isMember && unreadIn(log, bob, model.readSeq) > 0) model.readSeq = end;
    },
    leave: async () => {
      if (model.isMember) await leaveGroup(append, about(bob, id));
      model.isMember = false;
    },
    rejoin: async () => {
      if (model.isMember) return;
      await joinGroup(append, about(bob, id));
      Object.assign(model, { isMember: true, revision: 0, readSeq: await furthestRead(bob, id) });
    },
  };
  await actions[kind]();
}

/** Returns the furthest read cursor of the membership periods before the current one. */
async function furthestRead(account: AccountId, id: ConversationId): Promise<number | undefined> {
  const { rows } = await db.pool.query<{ furthest: number }>(
    `select max(read_seq)::int as furthest from memberships
     where account_id = $1 and conversation_id = $2 and left_seq is not null`,
    [account, id],
  );
  return rows[0]?.furthest;
}

describe('a read cursor', () => {
  test('defers a move of a read cursor while too many moves are pending', async () => {
    const { ann, id, seqs } = await aGroupOfTwo(1);
    const nowhere = aClientId() as string as ConversationId;
    const crowded = new ReadCursors(db.pool, testLog);
    const pending = Array.from({ length: 20_000 }, () => crowded.move(ann, nowhere, 1 as Seq));
    expect(await crowded.move(ann, id, seqs[0] as Seq)).toMatchObject({
      refusal: { code: 'overloaded', retryAfter: 2 },
    });
    // There is no such conversation; on a slow machine some of the moves time out.
    for (const outcome of await Promise.all(pending)) expect(outcome).toHaveProperty('refusal');
    expect(moved(await crowded.move(ann, id, seqs[0] as Seq)).cursor.readSeq).toBe(seqs[0]);
  });

  test('undeleted messages of others after the read cursor are unread', async () => {
    const { ann, bob, id, seqs } = await aGroupOfTwo(5);
    await says(append, bob, id, 'my own');
    await deleteMessage(append, about(ann, id), seqs[4] as Seq);
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({ unread: 4 });

    const move = moved(await cursors.move(bob, id, seqs[1] as Seq));

    expect(move).toMatchObject({
      version: 1,
      moved: true,
      sendReceipts: true,
      cursor: {
        conversation: id,
        readSeq: seqs[1],
        revision: 0,
        unread: 2,
        asOf: (seqs[4] as Seq) + 2,
      },
    });
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({
      readSeq: seqs[1],
      unread: 2,
    });
    // An author’s own messages are not unread.
    expect((await conversationFor(db.pool, ann, id))?.unread).toBe(1);
  });

  test('a read cursor moves forward only, to the end of the stream at most, and versions real moves only', async () => {
    const { ann, bob, id, seqs } = await aGroupOfTwo(3);
    const last = seqs[2] as Seq;
    // The account has joined both at the same seq.
    const other = await aRealGroup(append, [ann, bob]);
    const readInOther = await readOf(bob, other);
    expect(moved(await cursors.move(bob, id, 1_000_000 as Seq)).cursor.readSeq).toBe(last);
    const back = moved(await cursors.move(bob, id, seqs[0] as Seq));
    expect(back).toMatchObject({ moved: false, version: 1, cursor: { readSeq: last, unread: 0 } });
    expect(await versionOf(bob)).toBe(1);
    // Marking unread moves it back.
    const unread = moved(await cursors.move(bob, id, seqs[0] as Seq, { unread: true }));
    expect(unread).toMatchObject({ moved: true, version: 2, cursor: { unread: 2 } });
    expect(await readOf(bob, other)).toBe(readInOther);
  });

  test('a move whose connection is lost is repeated, and reported as it may have taken effect', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(2);
    const observed = await server.open();
    let loses = false;
    observed.pool.on('acquire', (client) => {
      if (loses)
        (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
      loses = false;
    });
    const ofNode = new ReadCursors(observed.pool, testLog);
    const move = async () => moved(await ofNode.move(bob, id, seqs[1] as Seq));
    expect(await move()).toMatchObject({ moved: true, version: 1 });
    expect(await move()).toMatchObject({ moved: false, version: 1 });
    loses = true;
    expect(await move()).toMatchObject({ moved: true, version: 1, cursor: { readSeq: seqs[1] } });
    await observed.close();
  });

  test('the read cursor of the current membership period does not change that of an earlier one', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(4);
    moved(await cursors.move(bob, id, seqs[2] as Seq));
    await leaveGroup(append, about(bob, id));
    await joinGroup(append, about(bob, id));
    moved(await cursors.move(bob, id, seqs[0] as Seq, { unread: true }));
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
    const { rows } = await db.pool.query('select username from accounts where id = $1', [bob]);
    const names = ['everyone', rows[0].username];
    const seqs = await Promise.all(
      upTo(LIMITS.unreadMax + 20).map((n) => says(append, cem, id, `@${names[n % 2]}`)),
    );
    expect(await conversationFor(db.pool, bob, id)).toMatchObject({
      unread: LIMITS.unreadMax,
      unreadMentions: seqs.sort((a, b) => a - b).slice(-LIMITS.unreadMax),
    });
  });

  test('a non-member cannot move a read cursor', async () => {
    const { bob, id } = await aGroupOfTwo(1);
    const cem = await anAccount(db.pool);
    const refused = { refusal: { code: 'conversation_not_found' } };
    expect(await cursors.move(cem, id, 1 as Seq)).toMatchObject(refused);
    await leaveGroup(append, about(bob, id));
    expect(await cursors.move(bob, id, 1 as Seq)).toMatchObject(refused);
    expect(await versionOf(bob)).toBe(0);
  });
});

describe('marking as unread', () => {
  test('a read from a device that missed the marking does not undo marking as unread', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(4);
    const [first, , , last] = seqs as [Seq, Seq, Seq, Seq];
    moved(await cursors.move(bob, id, last, { revision: 0 }));
    const mark = moved(await cursors.move(bob, id, first, { unread: true, revision: 0 }));
    expect(mark).toMatchObject({ moved: true, cursor: { readSeq: first, revision: 1, unread: 3 } });

    const late = moved(await cursors.move(bob, id, last, { revision: 0 }));
    expect(late).toMatchObject({
      moved: false,
      cursor: { readSeq: first, revision: 1, unread: 3 },
    });
    // A device that knows of the mark reads on.
    const read = moved(await cursors.move(bob, id, last, { revision: 1 }));
    expect(read).toMatchObject({ moved: true, cursor: { readSeq: last, revision: 1, unread: 0 } });
  });

  test('marking as unread takes effect once, however often it is sent', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(3);
    const [first, , last] = seqs as [Seq, Seq, Seq];
    const mark = () => cursors.move(bob, id, first, { unread: true, revision: 0 });
    expect(moved(await mark()).moved).toBe(true);
    moved(await cursors.move(bob, id, last, { revision: 1 }));
    expect(moved(await mark())).toMatchObject({ moved: false, cursor: { readSeq: last } });
  });

  test('marking as unread takes effect even if the cursor does not move', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(2);
    const [first, last] = seqs as [Seq, Seq];
    moved(await cursors.move(bob, id, first));
    const mark = moved(await cursors.move(bob, id, first, { unread: true, revision: 0 }));
    expect(mark).toMatchObject({
      moved: true,
      version: 2,
      cursor: { readSeq: first, revision: 1 },
    });
    expect(moved(await cursors.move(bob, id, last, { revision: 0 })).moved).toBe(false);
  });

  test('many concurrent moves are executed in their order', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(5);
    const at = (n: number) => seqs[n] as Seq;
    const results = await Promise.all([
      cursors.move(bob, id, at(4), { revision: 0 }),
      cursors.move(bob, id, at(1), { unread: true, revision: 0 }),
      cursors.move(bob, id, at(4), { revision: 0 }),
      cursors.move(bob, id, at(2), { revision: 1 }),
      cursors.move(bob, id, at(3), { unread: true, revision: 0 }),
    ]);
    expect(results.map((r) => moved(r).cursor.readSeq)).toEqual([4, 1, 1, 2, 2].map(at));
  });
});

test('unread counts follow from the log and the moves alone, whatever the order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { minLength: 5, maxLength: 40 }), async (steps) => {
      const { ann, bob, id } = await aGroupOfTwo(0);
      const model = { readSeq: (await readOf(bob, id)) as Seq, revision: 0, isMember: true };
      // What a device has last learned of the cursor: devices learn late.
      const devices = [{ revision: 0 }, { revision: 0 }];
      for (const step of steps) {
        const { rows: log } = await db.pool.query<LoggedEvent>(LOG, [id]);
        await perform(step, { ann, bob, id, log, model, device: devices[step.n % 2] as never });
        const { rows: after } = await db.pool.query<LoggedEvent>(LOG, [id]);
        const view = await conversationFor(db.pool, bob, id);
        if (!model.isMember) {
          expect(view).toBeNull();
          continue;
        }
        const expected = { readSeq: model.readSeq, unread: unreadIn(after, bob, model.readSeq) };
        expect(view).toMatchObject(expected);
        const { items } = await cursorsOf(db.pool, bob);
        expect(items.find((item) => item.conversation === id)).toMatchObject(expected);
      }
    }),
    { numRuns: 15 },
  );
});

describe('reading all', () => {
  test('reading all moves every cursor with unread messages to the end, and no other', async () => {
    const { ann, bob, id } = await aGroupOfTwo(3);
    const quiet = await aRealGroup(append, [ann, bob]);
    await says(append, bob, quiet, 'my own');
    const moves = await readAll(db.pool, cursors, bob);
    expect(moves).toMatchObject([{ moved: true, cursor: { conversation: id, unread: 0 } }]);
    expect(await readAll(db.pool, cursors, bob)).toEqual([]);
    expect((await cursorsOf(db.pool, bob)).items.map((c) => c.unread)).toEqual([0, 0]);
  });
});

describe('who has seen a message', () => {
  test('a message was seen by everyone who has read up to it, except its author', async () => {
    const { ann, bob, id, seqs } = await aGroupOfTwo(2);
    const [first, last] = seqs as [Seq, Seq];
    const namesOf = async (seq: Seq, account = ann) => {
      const seen = await seenBy(db.pool, account, id, seq);
      return typeof seen === 'string' ? seen : seen.map((s) => s.account);
    };
    expect(await namesOf(first)).toEqual([]);
    moved(await cursors.move(bob, id, first));
    // A new member starts with everything read, and has not seen what was said before.
    const cem = await anAccount(db.pool);
    await joinGroup(append, about(cem, id));
    expect(await namesOf(first)).toEqual([bob]);
    expect(await namesOf(last)).toEqual([]);
    moved(await cursors.move(bob, id, first, { unread: true }));
    moved(await cursors.move(bob, id, (first - 1) as Seq, { unread: true }));
    expect(await namesOf(first)).toEqual([]);
    const outsider = await anAccount(db.pool);
    expect(await namesOf(first, outsider)).toBe('conversation_not_found');
    expect(await namesOf(1 as Seq)).toBe('message_not_found');
  });

  test('who has seen a message is unavailable in large conversations', async () => {
    const { ann, id, seqs } = await aGroupOfTwo(1);
    await db.pool.query('update conversations set member_count = $2 where id = $1', [
      id,
      LIMITS.receiptsMembers + 1,
    ]);
    expect(await seenBy(db.pool, ann, id, seqs[0] as Seq)).toBe('too_many_members');
  });
});

describe('concurrent moves', () => {
  test('concurrent moves of one cursor end at the last one, with a version for each real move', async () => {
    const { bob, id, seqs } = await aGroupOfTwo(10);
    const other = await aRealGroup(append, [bob]);
    await says(append, bob, other, 'x');

    const moves = await Promise.all([
      ...seqs.map((seq) => cursors.move(bob, id, seq)),
      cursors.move(bob, other, 100 as Seq),
      cursors.move(bob, id, seqs[2] as Seq, { unread: true }),
      cursors.move(bob, id, seqs[4] as Seq),
      cursors.move(bob, id, seqs[3] as Seq),
    ]);

    expect(await readOf(bob, id)).toBe(seqs[4]);
    const reported = moves.map(moved).filter((m) => m.moved);
    // Merged moves are reported once; a mark is merged with none; versions have no gap.
    expect(reported.map((m) => m.version).sort()).toEqual([1, 2, 3, 4]);
    expect(await versionOf(bob)).toBe(4);
  });

  test('concurrent moves on two nodes, while members leave and rejoin, neither hang nor lose a version', async () => {
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
        return { who, move: await node.move(who, id, (n % 40) as Seq, { unread: n % 10 === 0 }) };
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

  test('the locked row of one cursor does not delay moves of others', async () => {
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
  test('snapshots have the read cursors and their version as of one moment', async () => {
    const { ann, bob, id, seqs } = await aGroupOfTwo(4);
    await cursors.move(bob, id, seqs[1] as Seq);
    const all = await cursorsOf(db.pool, bob);
    expect(all.readVersion).toBe(1);
    expect(all.items).toEqual([
      {
        conversation: id,
        readSeq: seqs[1],
        revision: 0,
        unread: 2,
        unreadMentions: [],
        asOf: seqs[3],
      },
    ]);

    const gone = await aRealGroup(append, [ann, bob]);
    await leaveGroup(append, about(bob, gone));
    const streams = [id, gone, 'no uuid', bob, id.toUpperCase()];
    const cursor = Object.fromEntries(streams.map((stream) => [stream, 1 as Seq]));
    const start = await new StartReader(db.pool).load(bob, { cursor });
    expect(start).toMatchObject({ readVersion: 1, personalSeq: 3 });
    expect(start.epoch).toMatch(/^[0-9a-f-]{36}$/);
    expect(start.conversations.map((c) => c.id)).toEqual([id]);
    expect([...start.periods]).toEqual([
      [id, [{ joinedSeq: 3, leftSeq: null }]],
      [gone, [{ joinedSeq: 3, leftSeq: 4 }]],
    ]);
    expect(start.conversations[0]?.lastMessage).toMatchObject({ seq: seqs[3], body: '4' });
  });

  test('snapshots of a conversation with concurrent posts are exact at their lastSeq', async () => {
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

describe('unread mentions', () => {
  const usernameOf = async (account: AccountId) => {
    const { rows } = await db.pool.query('select username from accounts where id = $1', [account]);
    return rows[0].username as string;
  };
  const mentionsOf = async (account: AccountId, id: ConversationId) =>
    (await conversationFor(db.pool, account, id))?.unreadMentions;

  test('unread mentions are those by name and of everyone, and change with edits, deletions and the cursor', async () => {
    const { ann, bob, id } = await aGroupOfTwo(1);
    const name = await usernameOf(bob);
    const byName = await says(append, ann, id, `hello @${name.toUpperCase()}, and @${name} again`);
    const toAll = await says(append, ann, id, 'to @everyone');
    await says(append, ann, id, `not \`@${name}\`, not x@${name}, and @here is not counted`);
    await says(append, bob, id, `myself: @${name}, @everyone`);
    const edited = await says(append, ann, id, 'no one');
    expect(await mentionsOf(bob, id)).toEqual([byName, toAll]);
    expect(await mentionsOf(ann, id)).toHaveLength(1);

    await editMessage(append, about(ann, id), edited, `now @${name}`);
    await editMessage(append, about(ann, id), byName, 'now no one');
    expect(await mentionsOf(bob, id)).toEqual([toAll, edited]);
    const move = moved(await cursors.move(bob, id, toAll));
    expect(move.cursor.unreadMentions).toEqual([edited]);
    const back = moved(await cursors.move(bob, id, 0 as Seq, { unread: true }));
    expect(back.cursor.unreadMentions).toEqual([toAll, edited]);
    await deleteMessage(append, about(ann, id), toAll);
    await deleteMessage(append, about(ann, id), edited);
    expect(await mentionsOf(bob, id)).toEqual([]);
    const { rows } = await db.pool.query('select from mentions where conversation_id = $1', [id]);
    expect(rows).toEqual([]);
    const found = await examine(db.pool);
    expect(found.filter((f) => ['events', 'messages', 'mentions'].includes(f.table))).toEqual([]);
  });

  test('the unread mentions of a member who joins later start with the membership', async () => {
    const { ann, id } = await aGroupOfTwo(0);
    const late = await anAccount(db.pool);
    const name = await usernameOf(late);
    await says(append, ann, id, `@${name} @everyone`);
    await addMember(append, about(ann, id), late);
    expect(await mentionsOf(late, id)).toEqual([]);
    const seq = await says(append, ann, id, `@${name}`);
    expect(await mentionsOf(late, id)).toEqual([seq]);
  });

  test('unread mentions never drift from the log, whatever is posted, edited, deleted and read', async () => {
    const { ann, bob, id } = await aGroupOfTwo(0);
    const name = await usernameOf(bob);
    const texts = ['plain', `@${name}`, '@everyone', `\`@${name}\``, '@here', `@${name} @everyone`];
    const step = fc.record({
      act: fc.constantFrom('post', 'post', 'edit', 'delete', 'read', 'unread'),
      text: fc.constantFrom(...texts),
      by: fc.constantFrom(ann, ann, bob),
      pick: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const { act, text, by, pick } of steps) {
          const { rows } = await db.pool.query<{ seq: Seq }>(
            'select seq from messages where conversation_id = $1 and author_id = $2',
            [id, by],
          );
          const one = rows[pick % Math.max(1, rows.length)]?.seq ?? (1 as Seq);
          if (act === 'post') await says(append, by, id, text);
          else if (act === 'edit') await editMessage(append, about(by, id), one, text);
          else if (act === 'delete') await deleteMessage(append, about(by, id), one);
          else await cursors.move(bob, id, one, { unread: act === 'unread' });
        }
        const view = await conversationFor(db.pool, bob, id);
        expect(view?.unreadMentions).toEqual(await mentionedIn(id, bob, view?.readSeq ?? 0));
      }),
      { numRuns: 15 },
    );
  });

  /** Returns the messages after `readSeq` that mention the account, from the events alone. */
  async function mentionedIn(id: ConversationId, account: AccountId, readSeq: number) {
    const { rows } = await db.pool.query<Pick<Event, 'seq' | 'type' | 'actor' | 'data'>>(
      'select seq, type, actor_id as actor, data from events where stream_id = $1 order by seq',
      [id],
    );
    const found = new Set<number>();
    for (const { seq, type, actor, data } of rows as Event[]) {
      if (type === 'message.deleted') found.delete(data.message);
      if (type !== 'message.posted' && type !== 'message.edited') continue;
      const message = type === 'message.posted' ? seq : data.message;
      const isOf = (data.mentions ?? []).some(
        (m) => m.kind === 'everyone' || (m.kind === 'user' && m.id === account),
      );
      if (isOf && actor !== account) found.add(message);
      else found.delete(message);
    }
    return [...found].filter((seq) => seq > readSeq).sort((a, b) => a - b);
  }
});
