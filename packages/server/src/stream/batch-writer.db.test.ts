import type { Socket } from 'node:net';
import { type AccountId, type ConversationId, refusal, type Seq } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../test/support/database.ts';
import { until } from '../../test/support/sink.ts';
import {
  aClientId,
  aGroup,
  anAccount,
  anAppend,
  logOf,
  TestClock,
  upTo,
} from '../../test/support/stream-builders.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { PROJECTIONS } from '../event-types/projections.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  type MessageRequest,
  postMessage,
  removeReaction,
} from '../messages/commands.ts';
import type { Database } from '../storage/database.ts';
import { Append, type Outcome } from './append.ts';
import { Projections } from './projections.ts';
import { AHEAD_MS } from './stream-transaction.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
const clock = new TestClock();

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
});
afterAll(() => server.stop());

const bodiesOf = async (conversation: ConversationId) =>
  (await logOf(db.pool, conversation)).map((e) => (e.data as { body?: string }).body);

const told = (outcome: Outcome) =>
  outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;

/** Posts a message to act on. */
async function aMessage(append: Append, actor: AccountId, conversation: ConversationId) {
  const posted = await postMessage(append, { actor, clientId: aClientId(), conversation }, 'first');
  if (posted.kind !== 'stored') throw new Error('The message was not stored');
  return posted.seq;
}

describe('an id used for two different commands', () => {
  /** Two commands under one id; the second one is of a member, about `message`. */
  const PAIRS: readonly (readonly [
    string,
    (append: Append, r: MessageRequest, message: Seq) => Promise<Outcome>,
    (append: Append, r: MessageRequest, message: Seq) => Promise<Outcome>,
  ])[] = [
    ['a post and a delete', (a, r) => postMessage(a, r, 'x'), (a, r, m) => deleteMessage(a, r, m)],
    ['two bodies', (a, r) => postMessage(a, r, 'x'), (a, r) => postMessage(a, r, 'y')],
    ['two edits', (a, r, m) => editMessage(a, r, m, 'x'), (a, r, m) => editMessage(a, r, m, 'y')],
    [
      'a reaction and no change',
      (a, r, m) => addReaction(a, r, m, '👍'),
      (a, r, m) => removeReaction(a, r, m, '🎉'),
    ],
    [
      'two that change nothing',
      (a, r, m) => removeReaction(a, r, m, '👍'),
      (a, r, m) => removeReaction(a, r, m, '🎉'),
    ],
  ];

  for (const [name, one, two] of PAIRS) {
    test(`executes exactly one, in one batch, in sequence, and on two nodes: ${name}`, async () => {
      const alice = await anAccount(db.pool);
      const conversation = await aGroup(db.pool, [alice]);
      const nodes = [anAppend(db.pool, clock), anAppend(db.pool, clock)] as const;
      const message = await aMessage(nodes[0], alice, conversation);
      const request = () => ({ actor: alice, clientId: aClientId(), conversation });

      for (const other of [0, 1] as const) {
        const r = request();
        const both = [one(nodes[0], r, message), two(nodes[other], r, message)];
        const outcomes = (await Promise.all(both)).map(told);
        expect(outcomes.sort()).toEqual(['client_id_reused', 'stored']);
      }
      const r = request();
      expect(told(await two(nodes[0], r, message))).toBe('stored');
      expect(told(await one(nodes[1], r, message))).toBe('client_id_reused');
      expect(await two(nodes[1], r, message)).toMatchObject({ kind: 'stored', repeated: true });
    });
  }

  test('executes exactly one of two commands with one id in different streams, on one node and on two', async () => {
    const alice = await anAccount(db.pool);
    const groups = await Promise.all(upTo(6).map(() => aGroup(db.pool, [alice])));
    const nodes = [anAppend(db.pool, clock), anAppend(db.pool, clock)] as const;
    const ids = upTo(30).map(aClientId);

    const outcomes = await Promise.all(
      ids.map((clientId) =>
        Promise.all(
          groups.map((conversation, g) =>
            postMessage(nodes[g % 2] as Append, { actor: alice, clientId, conversation }, 'x'),
          ),
        ),
      ),
    );

    for (const answers of outcomes) {
      expect(answers.map(told).filter((a) => a === 'stored')).toHaveLength(1);
      expect(answers.map(told).filter((a) => a === 'client_id_reused')).toHaveLength(5);
    }
    const logs = await Promise.all(groups.map((group) => logOf(db.pool, group)));
    expect(logs.flat()).toHaveLength(ids.length);
  });

  test('executes exactly one of two commands with one id in different streams, if one changes nothing', async () => {
    const alice = await anAccount(db.pool);
    const [here, there] = [await aGroup(db.pool, [alice]), await aGroup(db.pool, [alice])];
    const nodes = [anAppend(db.pool, clock), anAppend(db.pool, clock)] as const;
    const message = await aMessage(nodes[0], alice, here);

    // Alternating, so that both are often in progress at the same time.
    for (let n = 0; n < 100; n++) {
      const clientId = aClientId();
      const both = [
        removeReaction(nodes[0], { actor: alice, clientId, conversation: here }, message, '👍'),
        postMessage(nodes[n % 2] as Append, { actor: alice, clientId, conversation: there }, 'x'),
      ];
      const outcomes = (await Promise.all(both)).map(told);
      expect(outcomes.sort()).toEqual(['client_id_reused', 'stored']);
    }
    const { rows } = await db.pool.query('select from events where stream_id = $1 and seq > 1000', [
      here,
    ]);
    expect(rows).toEqual([]);
  });

  test('executes the second command with an id if the first was rejected', async () => {
    const [alice, bob] = [await anAccount(db.pool), await anAccount(db.pool)];
    const conversation = await aGroup(db.pool, [alice, bob]);
    const append = anAppend(db.pool, clock);
    const message = await aMessage(append, bob, conversation);
    const r = { actor: alice, clientId: aClientId(), conversation };

    const outcomes = await Promise.all([
      editMessage(append, r, message, 'not mine'),
      editMessage(append, r, message, 'not mine'),
      postMessage(append, r, 'mine'),
      postMessage(append, r, 'mine'),
      postMessage(append, r, 'another'),
    ]);

    expect(outcomes.map(told)).toEqual([
      'forbidden',
      'forbidden',
      'stored',
      'stored',
      'client_id_reused',
    ]);
    expect(await bodiesOf(conversation)).toEqual(['first', 'mine']);
  });

  test('accepts a retry of a command without a stored digest, and of one whose text was redacted', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const append = anAppend(db.pool, clock);
    const r = { actor: alice, clientId: aClientId(), conversation };
    const first = await postMessage(append, r, 'secret');
    expect(told(await postMessage(append, r, 'other'))).toBe('client_id_reused');
    if (first.kind !== 'stored') throw new Error('not stored');

    await deleteMessage(append, { ...r, clientId: aClientId() }, first.seq);

    // The digest of a short text would reveal it.
    const { rows } = await db.pool.query(
      'select command_digest from events where stream_id = $1 order by seq',
      [conversation],
    );
    expect(rows[0].command_digest).toBeNull();
    expect(rows[1].command_digest).toHaveLength(16);
    expect(await postMessage(append, r, 'secret')).toMatchObject({ seq: 1, repeated: true });
    expect(told(await deleteMessage(append, r, first.seq))).toBe('client_id_reused');
  });
});

describe('deferred commands', () => {
  test('defers later commands of a sender while an earlier one is deferred', async () => {
    const [alice, ben] = [await anAccount(db.pool), await anAccount(db.pool)];
    const conversation = await aGroup(db.pool, [alice, ben]);
    const append = anAppend(db.pool, clock);
    const say = (actor: typeof alice, body: string) => ({
      request: { actor, clientId: aClientId(), conversation },
      body,
    });
    const [a, b, c] = [say(alice, 'a'), say(alice, 'b'), say(alice, 'c')];
    const post = ({ request, body }: typeof a) => postMessage(append, request, body);
    // For the database the disk is full while this text arrives.
    await db.pool.query(`
      create function disk_full() returns trigger language plpgsql as $$
      begin raise exception 'no space' using errcode = '53100'; end $$;
      create trigger disk_full before insert on messages for each row
        when (new.body = 'a') execute function disk_full()`);
    const codes = async (all: Promise<Outcome>[]) =>
      (await Promise.all(all)).map((o) => (o.kind === 'refused' ? o.refusal.code : o.kind));

    // Its retry comes before later commands no longer wait for it.
    expect(await post(a)).toMatchObject({ refusal: { code: 'disk_full', retryAfter: 2 } });
    expect(await codes([post(a), post(b), post(say(ben, 'ben'))])).toEqual([
      'disk_full',
      'disk_full',
      'stored',
    ]);
    expect(await codes([post(c)])).toEqual(['disk_full']);
    await db.pool.query('drop trigger disk_full on messages; drop function disk_full');
    expect(await codes([post(b)])).toEqual(['disk_full']);
    expect(await codes([post(a), post(b), post(c)])).toEqual(['stored', 'stored', 'stored']);
    const bodies = (await logOf(db.pool, conversation)).map(
      (e) => (e.data as { body: string }).body,
    );
    expect(bodies).toEqual(['ben', 'a', 'b', 'c']);
  });

  test('defers later commands while one of unknown outcome fails', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const observed = await server.open();
    let isLost = false;
    observed.pool.on('acquire', (client) => {
      const wire = (client as unknown as { connection: Wire & { stream: Socket } }).connection;
      const { bind } = wire;
      wire.bind = (message) => {
        if (isLost || !message.statement.endsWith('commit')) return bind.call(wire, message);
        isLost = true;
        wire.stream.destroy();
      };
    });
    const append = new Append({
      pool: observed.pool,
      clock,
      log: testLog,
      visibility: EVENT_VISIBILITY,
      projections: new Projections({
        ...PROJECTIONS,
        'message.posted': (tx) => {
          if (isLost) tx.issue('fail', `do $$ begin raise sqlstate 'XX001'; end $$`, []);
        },
      }),
      publish: () => undefined,
    });
    const post = (body: string) =>
      postMessage(append, { actor: alice, clientId: aClientId(), conversation }, body);
    expect(told(await post('one'))).toBe('unknown');
    // Not with the reason of the failure, which would not be retried.
    expect(told(await post('two'))).toBe('unavailable');
    await observed.close();
  });

  test('a full queue keeps the order of a sender that retries in order', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const append = new Append({
      pool: db.pool,
      clock,
      log: testLog,
      visibility: EVENT_VISIBILITY,
      projections: new Projections(PROJECTIONS),
      queueMax: 100,
      publish: () => undefined,
    });
    let open = upTo(500).map((n) => ({
      body: `${n}`,
      request: { actor: alice, clientId: aClientId(), conversation },
    }));
    const codes = new Set<string>();
    let rounds = 0;

    for (; open.length > 0; rounds++) {
      const outcomes = await Promise.all(
        open.map(({ request, body }) => postMessage(append, request, body)),
      );
      for (const outcome of outcomes) {
        if (outcome.kind !== 'refused') continue;
        codes.add(outcome.refusal.code);
        expect(outcome.refusal.message).not.toContain('database');
        expect(outcome.refusal.retryAfter).toBeGreaterThan(0);
      }
      open = open.filter((_, i) => outcomes[i]?.kind !== 'stored');
    }

    expect(await bodiesOf(conversation)).toEqual(upTo(500).map(String));
    expect([...codes]).toEqual(['overloaded']);
    expect(rounds).toBe(5);
  });

  test('a lock timeout is retried, for one command and for a batch', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    let failures = 0;
    const append = new Append({
      pool: db.pool,
      clock,
      log: testLog,
      visibility: EVENT_VISIBILITY,
      projections: new Projections({
        ...PROJECTIONS,
        'message.posted': (tx) => {
          if (failures-- > 0)
            tx.issue('lock-time-out', `do $$ begin raise sqlstate '55P03'; end $$`, []);
        },
      }),
      publish: () => undefined,
    });
    const post = (body: string) =>
      postMessage(append, { actor: alice, clientId: aClientId(), conversation }, body);

    failures = 2;
    expect(told(await post('one'))).toBe('stored');
    failures = 3;
    expect(told(await post('too often'))).toBe('overloaded');
    failures = 1;
    expect((await Promise.all([post('two'), post('three')])).map(told)).toEqual(
      // Both wait for the command that was deferred.
      ['overloaded', 'overloaded'],
    );
  });
});

test('a command whose COMMIT was not confirmed is answered as stored, and announced', async () => {
  const alice = await anAccount(db.pool);
  const conversation = await aGroup(db.pool, [alice]);
  const observed = await server.open();
  let isCut = false;
  /** Ends a connection after its COMMIT, before the client has read the answer. */
  const cut = async (stream: Socket) => {
    isCut = true;
    stream.pause();
    await until(async () => (await bodiesOf(conversation)).length === 1, 'the COMMIT');
    stream.destroy();
  };
  const seen = new WeakSet<object>();
  observed.pool.on('acquire', (client) => {
    if (seen.has(client)) return;
    seen.add(client);
    const wire = (client as unknown as { connection: Wire & { stream: Socket } }).connection;
    const { bind, sync } = wire;
    let commits = false;
    wire.bind = (message) => {
      commits ||= message.statement.endsWith('commit');
      bind.call(wire, message);
    };
    wire.sync = () => {
      sync.call(wire);
      if (commits && !isCut) void cut(wire.stream);
    };
  });
  const published: number[] = [];
  const announced: unknown[] = [];
  const append = new Append({
    pool: observed.pool,
    clock,
    log: testLog,
    visibility: EVENT_VISIBILITY,
    projections: new Projections(PROJECTIONS),
    publish: (events) => published.push(...events.map((e) => e.seq)),
    announce: (stream, seq) => announced.push([stream, seq]),
  });
  const post = (body: string) =>
    postMessage(append, { actor: alice, clientId: aClientId(), conversation }, body);
  expect(await post('once')).toMatchObject({ kind: 'stored', seq: 1, repeated: true });
  expect(isCut).toBe(true);
  expect(await post('next')).toMatchObject({ kind: 'stored', seq: 2, repeated: false });
  expect(await bodiesOf(conversation)).toEqual(['once', 'next']);
  // Its event was never published: the hub is notified.
  expect([published, announced]).toEqual([[2], [[conversation, 1]]]);
  await observed.close();
});

test('while writes are rejected, commands are refused with the reason, and keep their order', async () => {
  const alice = await anAccount(db.pool);
  const conversation = await aGroup(db.pool, [alice]);
  const full = refusal('disk_full', undefined, { retryAfter: 2 });
  let rejection: typeof full | null = full;
  const append = new Append({
    pool: db.pool,
    clock,
    log: testLog,
    visibility: EVENT_VISIBILITY,
    projections: new Projections(PROJECTIONS),
    publish: () => undefined,
    rejectWrites: () => rejection,
  });
  const [one, two] = [1, 2].map((n) => ({
    body: `${n}`,
    request: { actor: alice, clientId: aClientId(), conversation },
  })) as [{ body: string; request: MessageRequest }, { body: string; request: MessageRequest }];
  const post = ({ body, request }: typeof one) => postMessage(append, request, body);
  expect(await Promise.all([post(one), post(two)])).toEqual([
    { kind: 'refused', refusal: full },
    { kind: 'refused', refusal: full },
  ]);
  rejection = null;
  expect(told(await post(two))).toBe('disk_full');
  expect([told(await post(one)), told(await post(two))]).toEqual(['stored', 'stored']);
  expect(await bodiesOf(conversation)).toEqual(['1', '2']);
});

describe('the time of events', () => {
  test('the time of an event is never before that of the previous one if clocks differ slightly (B22)', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const jumpy = new TestClock();
    const append = anAppend(db.pool, jumpy);
    const start = jumpy.now();
    for (const offset of [0, 50_000, -5_000, 20_000, 95_000]) {
      jumpy.set(start + offset);
      await postMessage(append, { actor: alice, clientId: aClientId(), conversation }, 'tick');
    }
    const times = (await logOf(db.pool, conversation)).map((e) => e.at.getTime() - start);
    expect(times).toEqual([0, 50_000, 50_000, 50_000, 95_000]);
  });

  test('the time of events does not stay in the future after a clock jumped ahead and back', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const jumpy = new TestClock();
    const append = anAppend(db.pool, jumpy);
    const start = jumpy.now();
    const year = 365 * 86_400_000;
    for (const offset of [0, year, 1_000, 2_000, 2_000 - AHEAD_MS, 1_999 - AHEAD_MS]) {
      jumpy.set(start + offset);
      await postMessage(append, { actor: alice, clientId: aClientId(), conversation }, 'tick');
    }
    const log = await logOf(db.pool, conversation);
    expect(log.map((e) => e.at.getTime() - start)).toEqual([
      0,
      year,
      1_000,
      2_000,
      2_000,
      1_999 - AHEAD_MS,
    ]);
    expect(log.map((e) => e.seq)).toEqual(upTo(6));
  });
});

/** What the client of pg sends. */
interface Wire {
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string }): void;
  sync(): void;
}

test('a post takes seven statements and two round trips; a deletion takes more statements', async () => {
  const alice = await anAccount(db.pool);
  const conversation = await aGroup(db.pool, [alice]);
  const observed = await server.open();
  const sent: string[] = [];
  const texts = new Map<string, string>();
  const seen = new WeakSet<object>();
  observed.pool.on('acquire', (client) => {
    if (seen.has(client)) return;
    seen.add(client);
    const wire = (client as unknown as { connection: Wire }).connection;
    const { parse, bind, sync } = wire;
    wire.parse = (message) => {
      texts.set(message.name, message.text);
      parse.call(wire, message);
    };
    wire.bind = (message) => {
      sent.push(message.statement.replace(/^pipeline /, ''));
      bind.call(wire, message);
    };
    wire.sync = () => {
      sent.push('sync');
      sync.call(wire);
    };
  });
  const append = anAppend(observed.pool, clock);
  const request = () => ({ actor: alice, clientId: aClientId(), conversation });

  const seq = await aMessage(append, alice, conversation);
  expect(sent.splice(0)).toEqual([
    'begin',
    'batch-lock',
    'batch-repeated-one',
    'messages-members-one',
    'sync',
    'stream-flush-one',
    'stream-check-ids-one',
    'messages-posted-one',
    'commit',
    'sync',
  ]);
  expect((await deleteMessage(append, request(), seq)).kind).toBe('stored');
  expect(sent.splice(0)).toEqual([
    'begin',
    'batch-lock',
    'batch-repeated-one',
    'messages-target-delete',
    'messages-window',
    'sync',
    'stream-flush-one',
    'stream-check-ids-one',
    'messages-deleted',
    'mentions-deleted',
    'parts-deleted',
    'attachments-deleted',
    'messages-deleted-reactions',
    'messages-deleted-pins',
    'messages-keep-held',
    'messages-drop-hidden',
    'messages-redact-posted',
    'messages-redact-edited',
    'messages-redact-unhidden',
    'messages-redact-previewed',
    'commit',
    'sync',
  ]);

  // Cached plans must not scan whole tables, even if they were made for small ones.
  for (const [name, text] of texts) {
    if (!name.includes('-')) continue;
    const { rows } = await db.pool.query(`explain (generic_plan) ${text}`);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n'), name).not.toMatch(/Seq Scan/);
  }
  await observed.close();
});
