import {
  type AccountId,
  type ConversationId,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, testLog } from '../../test/support/database.ts';
import { RecordingSink, until } from '../../test/support/sink.ts';
import {
  aClientId,
  aGroup,
  anAccount,
  anAppend,
  TestClock,
  upTo,
} from '../../test/support/stream-builders.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { postMessage } from '../messages/commands.ts';
import type { Database } from '../storage/database.ts';
import { Hub } from './hub.ts';
import { readerOf, type StreamReader } from './read.ts';
import type { StoredEvent } from './record.ts';
import { type Command, newEvent, type Rule } from './stream-transaction.ts';
import { Subscription } from './subscription.ts';

let server: Awaited<ReturnType<typeof startTestDatabase>>;
let db: Database;
const clock = new TestClock();

beforeAll(async () => {
  server = await startTestDatabase();
  db = await server.open();
});
afterAll(() => server.stop());

/** A hub, and an append whose events go through `wire` before they reach it. */
function aNode(
  wire: (hub: Hub, events: readonly StoredEvent[]) => void = (hub, e) => hub.publish(e),
) {
  const reader = readerOf(db.pool);
  const checked = { heads: 0 };
  const counting: StreamReader = {
    ...reader,
    readHeads: async (streams) => {
      const heads = await reader.readHeads(streams);
      checked.heads++;
      return heads;
    },
  };
  const hub = new Hub({ reader: counting, log: testLog, visibility: EVENT_VISIBILITY });
  const append = anAppend(db.pool, clock, (events) => wire(hub, events));
  return { hub, append, checked };
}
type Node = ReturnType<typeof aNode>;

async function post(node: Node, actor: AccountId, conversation: ConversationId, times: number) {
  await Promise.all(
    upTo(times).map((n) =>
      postMessage(node.append, { actor, clientId: aClientId(), conversation }, `message ${n}`),
    ),
  );
}

function subscribe(
  node: Node,
  account: AccountId,
  conversation: ConversationId,
  sent: number,
  head: number,
) {
  const sink = new RecordingSink(node.hub, account);
  const subscription = new Subscription(streamOfConversation(conversation), sink, {
    cursor: sent as Seq,
  });
  node.hub.subscribe(subscription, head as Seq);
  return { sink, subscription };
}

/** Makes `member.left` without the conversations domain: the hub looks at the event alone. */
function leaving(actor: AccountId, conversation: ConversationId): Command {
  const stream = streamOfConversation(conversation);
  const rule: Rule = {
    name: 'test.leave',
    decide: async () => ({ events: [newEvent(stream, 'member.left', { account: actor })] }),
  };
  return {
    rule,
    actor,
    clientId: aClientId(),
    stream,
    eventType: 'member.left',
    payload: [],
    bytes: 100,
  };
}

describe('hub', () => {
  test('1. a live subscription gets every event once, in order, without repairs (I9)', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const node = aNode();
    const { sink } = subscribe(node, alice, conversation, 0, 0);
    await post(node, alice, conversation, 300);

    expect(sink.seqs).toEqual(upTo(300));
    await node.hub.compareHeads();
    expect(node.hub.counters).toEqual({ fills: 0, repairs: 0, late: 0 });
  });

  test('1. what is published between the cursor and the subscription is not lost (B8)', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const node = aNode();
    await post(node, alice, conversation, 5);
    // The client’s cursor says 2, the snapshot said 4; five are there; more come right away.
    const { sink } = subscribe(node, alice, conversation, 2, 4);
    await post(node, alice, conversation, 5);
    await until(() => sink.received.length >= 8, 'all events');

    expect(sink.seqs).toEqual(upTo(10).slice(2));
  });

  test('3. the last event of a burst without hints is found by comparing heads', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const node = aNode(() => undefined);
    const { sink } = subscribe(node, alice, conversation, 0, 0);
    // Later, the check of a new topic would not find the events.
    await until(() => node.checked.heads === 1, 'the check of the new topic');
    await post(node, alice, conversation, 3);
    expect(sink.seqs).toEqual([]);

    await node.hub.compareHeads();
    await until(() => sink.received.length === 3, 'the events');
    expect(sink.seqs).toEqual(upTo(3));
    expect(node.hub.counters.repairs).toBe(1);
  });

  test('4. a congested socket delays no other, and gets the rest when it drains (B16)', async () => {
    const [alice, bob] = [await anAccount(db.pool), await anAccount(db.pool)];
    const conversation = await aGroup(db.pool, [alice, bob]);
    const node = aNode();
    const fast = subscribe(node, alice, conversation, 0, 0);
    const slow = subscribe(node, bob, conversation, 0, 0);
    slow.sink.setCongested(true);
    await post(node, alice, conversation, 700);
    expect(fast.sink.seqs).toEqual(upTo(700));
    expect(slow.sink.seqs).toEqual([]);

    slow.sink.setCongested(false);
    await until(() => slow.sink.received.length >= 700, 'the rest');
    expect(slow.sink.seqs).toEqual(upTo(700));
    await post(node, alice, conversation, 1);
    expect(slow.sink.seqs).toEqual(upTo(701));
  });

  test('1. a member who leaves gets that event and none after it, congested or not', async () => {
    const [alice, bob, carol] = [
      await anAccount(db.pool),
      await anAccount(db.pool),
      await anAccount(db.pool),
    ];
    const conversation = await aGroup(db.pool, [alice, bob, carol]);
    const node = aNode();
    const remaining = subscribe(node, alice, conversation, 0, 0);
    const leaves = subscribe(node, bob, conversation, 0, 0);
    const slow = subscribe(node, carol, conversation, 0, 0);
    slow.sink.setCongested(true);
    await post(node, alice, conversation, 2);
    await Promise.all([
      node.append.run(leaving(bob, conversation)),
      node.append.run(leaving(carol, conversation)),
      post(node, alice, conversation, 5),
    ]);
    slow.sink.setCongested(false);
    await until(() => slow.sink.endedStreams.length === 1, 'the end of the slow one');
    await until(() => leaves.sink.endedStreams.length === 1, 'the end of the fast one');

    expect(remaining.sink.seqs).toEqual(upTo(9));
    for (const { sink } of [leaves, slow]) {
      const last = sink.received[sink.received.length - 1];
      expect(last?.type).toBe('member.left');
      expect(sink.seqs).toEqual(upTo(sink.seqs.length));
    }
    expect(leaves.sink.seqs).toEqual(upTo(3));
    expect(slow.sink.seqs).toEqual(upTo(4));
  });

  test('a cursor ahead of what was published waits for it', async () => {
    const alice = await anAccount(db.pool);
    const conversation = await aGroup(db.pool, [alice]);
    const held: (readonly StoredEvent[])[] = [];
    const node = aNode((_hub, events) => held.push(events));
    const early = subscribe(node, alice, conversation, 0, 0);
    await post(node, alice, conversation, 3);
    // Its snapshot saw the three events that this node is about to publish.
    const late = subscribe(node, alice, conversation, 3, 3);
    for (const events of held) node.hub.publish(events);
    await until(() => early.sink.received.length === 3, 'the early one');
    await until(
      () => node.hub.topic(streamOfConversation(conversation))?.live.size === 2,
      'both live',
    );
    expect(early.sink.seqs).toEqual(upTo(3));
    expect(late.sink.seqs).toEqual([]);
  });

  test('2. hints may be lost, duplicated, late and out of order', async () => {
    const alice = await anAccount(db.pool);
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            posts: fc.integer({ min: 1, max: 6 }),
            fate: fc.constantFrom('now', 'lost', 'twice', 'later', 'congest', 'read'),
          }),
          { minLength: 1, maxLength: 15 },
        ),
        fc.integer({ min: 0, max: 4 }),
        async (steps, cursor) => {
          const conversation = await aGroup(db.pool, [alice]);
          let fate = 'now';
          const held: (readonly StoredEvent[])[] = [];
          const node = aNode((hub, events) => {
            if (fate === 'later') held.push(events);
            else if (fate !== 'lost') hub.publish(events);
            if (fate === 'twice') hub.publish(events);
          });
          await post(node, alice, conversation, cursor);
          const { sink } = subscribe(node, alice, conversation, cursor, cursor);
          let total = cursor;
          for (const step of steps) {
            fate = step.fate;
            if (fate === 'congest') sink.setCongested(true);
            if (fate === 'read') sink.setCongested(false);
            await post(node, alice, conversation, step.posts);
            total += step.posts;
            // The oldest held one arrives out of order, after newer ones.
            if (fate === 'now')
              for (const events of held.splice(0).reverse()) node.hub.publish(events);
          }
          sink.setCongested(false);
          await node.hub.compareHeads();
          await until(() => sink.received.length >= total - cursor, `all ${total - cursor} events`);
          expect(sink.seqs).toEqual(upTo(total).slice(cursor));
          sink.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});
