import type { AccountId, SessionId } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRedis, startRedis, whyNoRedis } from '../../../../chaos/src/processes/redis.ts';
import { until } from '../../test/support/sink.ts';
import { testLog } from '../../test/support/test-log.ts';
import { RedisBroker } from '../stream/broker-redis.ts';
import { NodeMessages } from './node-messages.ts';
import { PresenceBoard } from './presence.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;

const listener = { receive() {}, hint() {}, listening() {}, connected() {} };

describe.skipIf(whyNoRedis() !== null)('messages between nodes', () => {
  let redis: LocalRedis;
  const undo: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  afterAll(() => redis?.stop());

  /** Starts a broker and waits until it has joined. */
  async function aBroker(): Promise<RedisBroker> {
    const broker = new RedisBroker(redis.url, 'test', testLog);
    broker.start(listener);
    undo.push(() => broker.stop());
    await until(() => broker.status === 'connected', 'the broker to join');
    return broker;
  }

  /** Starts a node: a board of presences, and its messages. */
  async function aNode() {
    const broker = await aBroker();
    const sessions: SessionId[] = [];
    const board = new PresenceBoard(
      () => undefined,
      (changes) => messages.sendPresence(changes),
    );
    const messages = new NodeMessages(
      broker,
      board,
      {
        read: () => undefined,
        draft: () => undefined,
        activity: () => undefined,
        threadRead: () => undefined,
        reports: () => undefined,
        sessionEnded: (session) => sessions.push(session),
      },
      testLog,
    );
    undo.push(() => {
      messages.stop();
      board.stop();
    });
    return { broker, board, messages, sessions };
  }

  test('node messages announce presences; those of a node that leaves end at once', async () => {
    const [one, two] = [await aNode(), await aNode()];
    one.board.set(ann, {}, 'active');
    await until(() => two.board.stateOf(ann) === 'active', 'the presence');
    // A node that starts later receives it, too.
    two.board.set(bob, {}, 'idle');
    const three = await aNode();
    await until(() => one.board.stateOf(bob) === 'idle', 'the other presence');
    await until(() => three.board.stateOf(ann) === 'active', 'the earlier presence');
    // Long before its timeout.
    one.messages.stop();
    await until(() => two.board.stateOf(ann) === 'offline', 'the end of its presences', 4_000);
    expect(two.board.stateOf(bob)).toBe('idle');
  });

  test('node messages recover lost presences, and limit how often the full list is sent', async () => {
    const one = await aNode();
    const other = await aBroker();
    const lists: string[] = [];
    let missed = 0;
    other.onNodeMessage('presences', (body) => lists.push(body));
    other.onNodeMessage('presence-missed', () => missed++);
    const tell = (version: number, changes: object[]) =>
      other.sendNodeMessage(null, 'presence', JSON.stringify({ version, changes }));
    // The first message of a node is answered with what is here; the changes before it are missing.
    tell(7, [{ account: bob, state: 'active' }]);
    await until(() => lists.length === 1 && missed === 1, 'the list and the request');
    expect(one.board.stateOf(bob)).toBe('offline');
    const list = { version: 7, whole: [[bob, 'active']] };
    other.sendNodeMessage(null, 'presences', JSON.stringify(list));
    await until(() => one.board.stateOf(bob) === 'active', 'the presence');
    tell(8, [{ account: bob, state: 'idle' }]);
    await until(() => one.board.stateOf(bob) === 'idle', 'the change');
    tell(8, []);
    tell(10, [{ account: bob, state: 'offline' }]);
    await until(() => missed === 2, 'the next request');
    expect(one.board.stateOf(bob)).toBe('idle');
    // Presences that are not in the full list have ended.
    other.sendNodeMessage(null, 'presences', JSON.stringify({ version: 10, whole: [] }));
    await until(() => one.board.stateOf(bob) === 'offline', 'the end');

    const told: string[] = [];
    other.onNodeMessage('presence', (body) => told.push(body));
    one.board.set(ann, {}, 'active');
    await until(() => told.some((body) => body.includes(ann)), 'the presence to be reported');
    const before = lists.length;
    let asked = 0;
    await until(() => {
      for (let n = 0; n < 20; n++, asked++) {
        other.sendNodeMessage(null, 'presence-missed', JSON.stringify(one.broker.node));
      }
      return lists.length > before;
    }, 'the list');
    other.sendNodeMessage(null, 'presence-missed', JSON.stringify('another node'));
    other.sendNodeMessage(null, 'session-ended', JSON.stringify('the last of these'));
    await until(() => one.sessions.length === 1, 'all requests to be handled');
    expect(JSON.parse(lists.at(-1) ?? '')).toMatchObject({ whole: [[ann, 'active']] });
    expect(lists.length - before).toBeLessThan(asked / 4);
  });

  test('malformed node messages are ignored', async () => {
    const one = await aNode();
    const other = await aBroker();
    for (const body of ['', '{', 'null']) {
      for (const kind of ['presence', 'presences', 'read', 'draft'])
        other.sendNodeMessage(null, kind, body);
    }
    other.sendNodeMessage(null, 'session-ended', JSON.stringify('one'));
    await until(() => one.sessions.length === 1, 'the message after them');
    expect(one.sessions).toEqual(['one']);
  });
});
