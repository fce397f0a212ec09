import { refusal, type Seq, streamOfConversation } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../test/support/database.ts';
import {
  aClientId,
  aGroup,
  anAccount,
  anAppend,
  headOf,
  logOf,
  TestClock,
  upTo,
} from '../../test/support/stream-builders.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { PROJECTIONS } from '../event-types/projections.ts';
import { editMessage, postCommand, postMessage, removeReaction } from '../messages/commands.ts';
import { type Database, withPipelinedTransaction } from '../storage/database.ts';
import { Append, type Outcome } from './append.ts';
import { Projections } from './projections.ts';
import { type Command, newEvent, type Rule, StreamTransaction } from './stream-transaction.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
const clock = new TestClock();

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
});
afterAll(() => server.stop());

const seqOf = (outcome: Outcome) => (outcome.kind === 'stored' ? outcome.seq : outcome);

describe('append', () => {
  test('1. stores the event of a command once: a retry is answered with the first (B1)', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const append = anAppend(db.pool, clock);
    const request = { actor: alice, clientId: aClientId(), conversation };

    const first = await postMessage(append, request, 'hello');
    const again = await postMessage(append, request, 'hello');

    expect(first).toMatchObject({ kind: 'stored', seq: 1, repeated: false });
    expect(again).toEqual({ ...first, repeated: true });
    expect(await logOf(db.pool, conversation)).toMatchObject([{ seq: 1, data: { body: 'hello' } }]);
  });

  test('1. stores a command of another account with the same id', async () => {
    const [alice, bob] = [await anAccount(db.pool), await anAccount(db.pool)];
    const conversation = await aGroup(db.pool, [alice, bob]);
    const append = anAppend(db.pool, clock);
    const clientId = aClientId();
    const other = aClientId();
    const post = (actor: typeof alice, id = clientId) =>
      postMessage(append, { actor, clientId: id, conversation }, 'the same');
    expect([seqOf(await post(alice)), seqOf(await post(bob))]).toEqual([1, 2]);
    // In one batch, too.
    const batch = [post(bob, other), post(alice, other), post(bob), post(alice)];
    expect((await Promise.all(batch)).map(seqOf)).toEqual([3, 4, 2, 1]);
    // And if the command of the other account changed nothing.
    const third = aClientId();
    const unchanged = { actor: alice, clientId: third, conversation };
    expect(seqOf(await removeReaction(append, unchanged, 1 as Seq, '👍'))).toBe(1);
    expect(seqOf(await post(bob, third))).toBe(5);
  });

  test('1. recognizes a retry on another node ten minutes later (B2, B4)', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const later = new TestClock();
    const node1 = anAppend(db.pool, clock);
    const node2 = anAppend(db.pool, later);
    const a = { actor: alice, clientId: aClientId(), conversation };
    const b = { actor: alice, clientId: aClientId(), conversation };

    // Two sends in flight, the first is retried.
    const [first, second] = await Promise.all([
      postMessage(node1, a, 'one'),
      postMessage(node1, b, 'two'),
    ]);
    later.set(later.now() + 600_000);
    const again = await postMessage(node2, a, 'one');

    expect([seqOf(first), seqOf(second), seqOf(again)]).toEqual([1, 2, 1]);
    expect(await logOf(db.pool, conversation)).toHaveLength(2);
  });

  test('1. stores a command once that arrives twice at once, in one batch or on two nodes', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const nodes = [anAppend(db.pool, clock), anAppend(db.pool, clock)];
    const requests = upTo(40).map(() => ({ actor: alice, clientId: aClientId(), conversation }));

    const outcomes = await Promise.all(
      requests.flatMap((request) =>
        [0, 1, 0, 1].map((n) => postMessage(nodes[n] as Append, request, `by ${request.clientId}`)),
      ),
    );

    const events = await logOf(db.pool, conversation);
    expect(events.map((e) => e.seq)).toEqual(upTo(40));
    expect(new Set(events.map((e) => e.client_id)).size).toBe(40);
    for (const [i, request] of requests.entries()) {
      const seqs = outcomes.slice(i * 4, i * 4 + 4).map(seqOf);
      expect(new Set(seqs)).toEqual(
        new Set([events.find((e) => e.client_id === request.clientId)?.seq]),
      );
    }
  });

  test('1. refuses an id that was used for another command', async () => {
    const alice = await anAccount(db.pool);
    const one = await aGroup(db.pool, [alice]);
    const other = await aGroup(db.pool, [alice]);
    const append = anAppend(db.pool, clock);
    const clientId = aClientId();

    const first = await postMessage(append, { actor: alice, clientId, conversation: one }, 'a');
    const elsewhere = await postMessage(
      append,
      { actor: alice, clientId, conversation: other },
      'a',
    );
    const edit = await editMessage(
      append,
      { actor: alice, clientId, conversation: one },
      upTo(1)[0] as never,
      'b',
    );

    expect(first).toMatchObject({ kind: 'stored' });
    for (const outcome of [elsewhere, edit]) {
      expect(outcome).toEqual({ kind: 'refused', refusal: refusal('client_id_reused') });
    }
    expect(await logOf(db.pool, other)).toEqual([]);
  });

  test('3. seqs have no gaps or duplicates under eight writers on two nodes (B6, B7)', async () => {
    const members = await Promise.all(upTo(8).map(() => anAccount(db.pool)));
    const conversation = await aGroup(db.pool, members);
    const nodes = [anAppend(db.pool, clock), anAppend(db.pool, clock)];
    const acked: number[] = [];

    await Promise.all(
      members.map(async (actor, m) => {
        for (let n = 0; n < 25; n++) {
          const outcome = await postMessage(
            nodes[(m + n) % 2] as Append,
            { actor, clientId: aClientId(), conversation },
            `${m}-${n}`,
          );
          acked.push(seqOf(outcome) as number);
        }
      }),
    );

    const events = await logOf(db.pool, conversation);
    expect(events.map((e) => e.seq)).toEqual(upTo(200));
    expect(acked.sort((a, b) => a - b)).toEqual(upTo(200));
    // What one user waited for is in order (I7).
    for (const m of members.keys()) {
      const own = events
        .map((e) => (e.data as { body: string }).body)
        .filter((b) => b.startsWith(`${m}-`));
      expect(own).toEqual(upTo(25).map((n) => `${m}-${n - 1}`));
    }
    expect(await headOf(db.pool, streamOfConversation(conversation))).toBe(200);
  });

  test('3. fails a transaction whose seqs do not continue the stream', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const stream = streamOfConversation(conversation);
    const stale = withPipelinedTransaction(db.pool, async (pipeline) => {
      const tx = new StreamTransaction(pipeline, clock.now());
      // As if the stream were not locked.
      tx.register(stream, 7, 0);
      tx.flush([tx.stage(newEvent(stream, 'conversation.deleted', {}), alice, null, [])]);
    });
    await expect(stale).rejects.toThrow('division by zero');
    expect(await logOf(db.pool, conversation)).toEqual([]);
    expect(await headOf(db.pool, stream)).toBe(0);
  });

  test('4. an account that is not a member, or does not exist, stores nothing', async () => {
    const [alice, bob] = [await anAccount(db.pool), await anAccount(db.pool)];
    const conversation = await aGroup(db.pool, [alice]);
    const append = anAppend(db.pool, clock);
    const strange = { actor: bob, clientId: aClientId(), conversation };
    const nowhere = { actor: alice, clientId: aClientId(), conversation: aClientId() as never };

    const outcomes = await Promise.all([
      postMessage(append, strange, 'x'),
      postMessage(append, nowhere, 'x'),
    ]);

    // Both get the same answer, so a non-member learns nothing.
    const expected = { kind: 'refused', refusal: refusal('conversation_not_found') };
    expect(outcomes).toEqual([expected, expected]);
    expect(await logOf(db.pool, conversation)).toEqual([]);
  });

  test('5. answers come before the events, and the events of a stream in their order', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const seen: string[] = [];
    const append = anAppend(db.pool, clock, (events) => {
      for (const e of events) seen.push(`event ${e.seq}`);
    });
    await Promise.all(
      upTo(5).map(
        (n) =>
          new Promise<void>((resolve) => {
            const request = { actor: alice, clientId: aClientId(), conversation };
            append.submit(postCommand(request, `${n}`), (outcome) => {
              seen.push(`ack ${seqOf(outcome)}`);
              resolve();
            });
          }),
      ),
    );
    await append.close();

    expect(seen.filter((s) => s.startsWith('event'))).toEqual(upTo(5).map((n) => `event ${n}`));
    for (const n of upTo(5))
      expect(seen.indexOf(`ack ${n}`)).toBeLessThan(seen.indexOf(`event ${n}`));
  });

  test('a command that breaks its transaction does not affect other commands', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const broken: Rule = {
      name: 'broken',
      async decide(tx) {
        await tx.query('broken', 'select 1 / 0', []);
        throw new Error('The statement before fails');
      },
    };
    const append = anAppend(db.pool, clock);
    const request = () => ({ actor: alice, clientId: aClientId(), conversation });
    const bad: Command = { ...postCommand(request(), 'bad'), rule: broken };

    const outcomes = await Promise.all([
      postMessage(append, request(), 'before'),
      append.run(bad),
      postMessage(append, request(), 'after'),
    ]);

    expect(outcomes.map((o) => o.kind)).toEqual(['stored', 'refused', 'stored']);
    expect(outcomes[1]).toEqual({ kind: 'refused', refusal: refusal('internal') });
    const bodies = (await logOf(db.pool, conversation)).map(
      (e) => (e.data as { body: string }).body,
    );
    expect(bodies).toEqual(['before', 'after']);
  });

  test('a first attempt that fails in the database does not swallow the retry (B5)', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const request = { actor: alice, clientId: aClientId(), conversation };
    let failing = true;
    const append = new Append({
      pool: db.pool,
      clock,
      log: testLog,
      visibility: EVENT_VISIBILITY,
      projections: new Projections({
        ...PROJECTIONS,
        'message.posted': (tx) => {
          if (failing) tx.issue('failing', 'select 1 / 0', []);
        },
      }),
      publish: () => undefined,
    });

    const first = await postMessage(append, request, 'hello');
    expect(first.kind).toBe('refused');
    expect(await logOf(db.pool, conversation)).toEqual([]);
    failing = false;
    expect(await postMessage(append, request, 'hello')).toMatchObject({ seq: 1, repeated: false });
  });

  test('connections cut midway lose and duplicate nothing (B27)', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const append = anAppend(db.pool, clock);
    const requests = upTo(300).map(() => ({ actor: alice, clientId: aClientId(), conversation }));
    const observer = await server.open();
    let done = false;
    const cuts = (async () => {
      for (let n = 0; n < 30 && !done; n++) {
        await observer.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and query like '%streams%'`,
        );
      }
    })();
    const outcomes = await Promise.all(requests.map((r) => postMessage(append, r, 'hello')));
    done = true;
    await cuts;

    const events = await logOf(observer.pool, conversation);
    expect(events.map((e) => e.seq)).toEqual(upTo(events.length));
    expect(new Set(events.map((e) => e.client_id)).size).toBe(events.length);
    for (const [i, outcome] of outcomes.entries()) {
      const event = events.find((e) => e.client_id === requests[i]?.clientId);
      if (outcome.kind === 'stored') expect(event?.seq).toBe(outcome.seq);
      if (outcome.kind === 'refused') expect(event).toBeUndefined();
    }
    // Retries settle whatever is unknown.
    const again = await Promise.all(requests.map((r) => postMessage(append, r, 'hello')));
    expect(again.every((o) => o.kind === 'stored')).toBe(true);
    expect((await logOf(observer.pool, conversation)).map((e) => e.seq)).toEqual(upTo(300));
  });

  test('refuses commands after its close, and settles accepted ones', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const append = anAppend(db.pool, clock);
    const request = () => ({ actor: alice, clientId: aClientId(), conversation });
    const under = upTo(20).map(() => postMessage(append, request(), 'hello'));
    const closed = append.close();
    const late = await postMessage(append, request(), 'too late');

    expect(late).toMatchObject({ kind: 'refused', refusal: { code: 'shutting_down' } });
    await closed;
    expect((await Promise.all(under)).map(seqOf)).toEqual(upTo(20));
  });

  test('waits at its close for commands queued behind a transaction in flight', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const append = anAppend(db.pool, clock);
    const settled: unknown[] = [];
    const post = () =>
      postMessage(append, { actor: alice, clientId: aClientId(), conversation }, 'hello').then(
        (outcome) => settled.push(seqOf(outcome)),
      );
    void post();
    // The transaction of the first starts behind this turn.
    await new Promise((resolve) => setImmediate(resolve));
    void post();
    await append.close();
    expect(settled).toEqual([1, 2]);
  });
});
