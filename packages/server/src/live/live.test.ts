import {
  type AccountId,
  CLOSE,
  type ConversationId,
  type Limits,
  type Me,
  refusal,
  type Seq,
  type SessionId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANN, BOB, EPOCH, GROUP, LiveNode } from '../../test/support/live-node.ts';
import type { Peer } from '../../test/support/peer.ts';
import { frameOf, OPCODE, RawSocket, textOf } from '../../test/support/raw-socket.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import type { StoredEvent } from '../stream/record.ts';
import type { LiveDeps } from './context.ts';

const stream = streamOfConversation(GROUP);
const AT = '2026-01-01T00:00:00.000Z';
const nodes: LiveNode[] = [];

// Time passes when a test says so: no budget is refilled, and nothing times out.
beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }),
);
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  vi.useRealTimers();
});

async function aNode(limits: Partial<Limits> = {}, more: Partial<LiveDeps> = {}) {
  const node = new LiveNode(limits, more);
  nodes.push(node);
  return await node.start();
}

/** Waits until the node has handled all frames that were sent before. */
async function handled(...peers: Peer[]): Promise<void> {
  for (const peer of peers) {
    peer.send({ op: 'ping' });
    await peer.next('pong');
  }
}
const post = (body = 'text') => ({ op: 'post', id: aClientId(), conversation: GROUP, body });
const opsOf = (peer: Peer) => peer.frames.map(({ op }) => op);
const seqsOf = (peer: Peer) =>
  peer.of('event').flatMap((event) => (event.stream === stream ? [event.seq] : []));

describe('a hello', () => {
  const hello = (more: object = {}) => ({ op: 'hello', token: `${ANN} s1`, ...more });

  test('answers a hello with the state and the streams, then `live`', async () => {
    const node = await aNode({ pingMs: 7_777 });
    node.readVersions.set(ANN, 5);
    node.publish();
    const peer = await node.connect();
    const [ready] = peer.of('ready');
    expect(opsOf(peer)).toEqual(['ready', 'live']);
    expect(ready).toMatchObject({
      epoch: EPOCH,
      me: { id: ANN },
      readVersion: 5,
      limits: { pingMs: 7_777 },
      presence: [],
      unchanged: [],
      conversations: [{ id: GROUP, lastSeq: 1 }],
      streams: [
        { id: WORKSPACE_STREAM, kind: 'workspace', lastSeq: 0 },
        { id: streamOfAccount(ANN), kind: 'personal', lastSeq: 0 },
        { id: stream, kind: 'conversation', lastSeq: 1 },
      ],
    });
    node.publish();
    await peer.next('event');
    expect(seqsOf(peer)).toEqual([2]);
  });

  test('must be the first frame', async () => {
    const node = await aNode();
    for (const [frame, nack] of [
      [{ op: 'ping' }, { id: null, code: 'unauthenticated' }],
      [post(), { id: null, code: 'unauthenticated' }],
      [
        { op: 'nothing', id: 'x1' },
        { id: 'x1', code: 'unknown_frame' },
      ],
    ] as const) {
      const peer = await node.open();
      peer.send(frame);
      expect(await peer.whenClosed()).toBe(CLOSE.helloExpected);
      expect(peer.frames).toMatchObject([{ op: 'nack', ...nack }]);
      expect(peer.closed?.reason).toBe('hello_expected');
    }
    expect(node.commands).toEqual([]);
  });

  test('rejects a hello for the same reason as its credentials', async () => {
    const node = await aNode();
    for (const [code, close] of [
      ['session_ended', CLOSE.sessionEnded],
      ['unauthenticated', CLOSE.unauthenticated],
    ] as const) {
      node.rejects = () => refusal(code);
      const peer = await node.open();
      peer.send(hello());
      expect(await peer.whenClosed()).toBe(close);
      expect(peer.frames).toMatchObject([
        { op: 'nack', id: null, code },
        { op: 'goodbye', reason: code },
      ]);
    }
  });

  test('answers a hello of a deactivated or unknown account like that of an ended session', async () => {
    const node = await aNode();
    for (const isActive of [false, null]) {
      node.isActive = isActive;
      const peer = await node.open();
      peer.send(hello());
      expect(await peer.whenClosed()).toBe(CLOSE.sessionEnded);
      expect(opsOf(peer)).toEqual(['goodbye']);
    }
  });

  test('a hello with an API key needs both read scopes, and users:read for presence', async () => {
    const node = await aNode();
    for (const scopes of [[], ['messages:read'], ['conversations:read']] as const) {
      node.scopes = new Set(scopes);
      const peer = await node.open();
      peer.send(hello());
      expect(await peer.whenClosed()).toBe(CLOSE.unauthenticated);
      expect(peer.of('nack')).toMatchObject([{ id: null, code: 'insufficient_scope' }]);
      expect(peer.of('ready')).toEqual([]);
    }
    node.scopes = undefined;
    const other = await node.connect(BOB, 's2');
    await other.next('presence');
    for (const [presence, users, seen] of [
      [undefined, false, 1],
      [[BOB], false, 0],
      [[], false, 0],
      [[BOB], true, 1],
    ] as const) {
      node.scopes = new Set([
        'messages:read',
        'conversations:read',
        ...(users ? (['users:read'] as const) : []),
      ]);
      const peer = await node.connect(ANN, 's1', { presence });
      expect(peer.of('ready')[0]?.presence).toHaveLength(seen);
      const isRefused = presence?.length === 1 && !users;
      expect(peer.of('nack').map(({ code }) => code)).toEqual(
        isRefused ? ['insufficient_scope'] : [],
      );
      peer.close();
    }
  });

  test('asks to retry a hello whose state cannot be read', async () => {
    const node = await aNode();
    node.onStart = () => {
      throw new Error('The database does not answer');
    };
    const peer = await node.open();
    peer.send(hello());
    expect(await peer.whenClosed()).toBe(CLOSE.restart);
    expect(peer.frames).toMatchObject([
      { op: 'nack', id: null, code: 'unavailable', retryAfter: 2 },
      { op: 'goodbye', reason: 'restart', retryAfter: 2 },
    ]);
  });

  test('a hello costs 50 frames of its account’s budget', async () => {
    const node = await aNode({ accountFrames: 110, commandWindowMs: 11_000 });
    for (const session of ['s1', 's2']) (await node.connect(ANN, session)).close();
    // Eight frames are left of the account, of two hellos of 51: then two are missing.
    const last = await node.connect(ANN, 's3');
    const peer = await node.open();
    peer.send(hello());
    expect(await peer.whenClosed()).toBe(CLOSE.tooManyFrames);
    const [goodbye] = peer.of('goodbye');
    expect(goodbye).toMatchObject({ reason: 'too_many_frames', retryAfter: 5 });
    expect(last.closed).toBeNull();
    (await node.connect(BOB, 's2')).close();
  });

  test('answers the first hello, and rejects the second one', async () => {
    const node = await aNode({ commands: 1 });
    let started = 0;
    node.onStart = async () => {
      started++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const peer = await node.open();
    peer.send(hello());
    peer.send(hello());
    await peer.next('live');
    peer.send(hello());
    peer.send(hello());
    await handled(peer);
    expect(started).toBe(1);
    expect(peer.of('ready')).toHaveLength(1);
    // The second one is over the budget of commands.
    expect(peer.of('nack')).toMatchObject([{ id: null, code: 'invalid' }]);
  });

  test('sends no state for a session that ends while the state is read', async () => {
    const node = await aNode();
    node.onStart = () => node.live.endSession('s1' as SessionId);
    const peer = await node.open();
    peer.send(hello());
    expect(await peer.whenClosed()).toBe(CLOSE.sessionEnded);
    expect(opsOf(peer)).toEqual(['goodbye']);
    expect(node.hub.streams).toBe(0);
  });

  test('a hello continues after its cursor in the same epoch, and starts over in another one', async () => {
    const node = await aNode();
    for (let n = 0; n < 4; n++) node.publish();
    const cursor = { [stream]: 2 };
    const same = await node.connect(ANN, 's1', { epoch: EPOCH, cursor });
    expect(seqsOf(same)).toEqual([3, 4]);
    // Live is what has received everything that was missed.
    expect(opsOf(same)).toEqual(['ready', 'event', 'event', 'live']);
    const other = await node.connect(ANN, 's1', { epoch: 'another', cursor });
    expect(seqsOf(other)).toEqual([]);
    expect(other.of('reset')).toContainEqual({ op: 'reset', stream, lastSeq: 4 });
    expect(other.of('reset')).toHaveLength(3);
    const none = await node.connect(ANN, 's1', { cursor });
    expect([seqsOf(none), none.of('reset')]).toEqual([[], []]);
  });

  test('a hello resets a stream in which more events are missing than are replayed', async () => {
    const node = await aNode({ replayEvents: 3 });
    for (let n = 0; n < 5; n++) node.publish();
    const far = await node.connect(ANN, 's1', { epoch: EPOCH, cursor: { [stream]: 1 } });
    expect(far.of('reset')).toEqual([{ op: 'reset', stream, lastSeq: 5 }]);
    const near = await node.connect(ANN, 's1', { epoch: EPOCH, cursor: { [stream]: 2 } });
    expect([near.of('reset'), seqsOf(near)]).toEqual([[], [3, 4, 5]]);
  });

  test('a hello of a former member gets the end of the membership, and nothing after it', async () => {
    const node = await aNode();
    node.publish();
    node.publish('member.left', { account: ANN });
    node.publish();
    node.periods = [{ joinedSeq: 1 as Seq, leftSeq: 2 as Seq }];
    const peer = await node.connect(ANN, 's1', { epoch: EPOCH, cursor: { [stream]: 1 } });
    node.publish();
    await handled(peer);
    expect(seqsOf(peer)).toEqual([2]);
    // The join that its personal stream has does not open the conversation again.
    const personal = streamOfAccount(ANN);
    for (const [n, type] of (['conversation.joined', 'conversation.left'] as const).entries()) {
      node.log.append(personal, { type, data: { conversation: GROUP, seq: n + 1 }, actor: ANN });
    }
    const cursor = { [stream]: 2, [personal]: 0 };
    const again = await node.connect(ANN, 's1', { epoch: EPOCH, cursor });
    await handled(again);
    expect(again.of('event').map(({ type }) => type)).toEqual([
      'conversation.joined',
      'conversation.left',
    ]);
    expect(again.of('conversation')).toEqual([]);
  });
});

describe('a command', () => {
  test('answers a command with its outcome', async () => {
    const node = await aNode();
    const peer = await node.connect();
    node.outcome = { kind: 'stored', stream, seq: 7 as Seq, at: AT, repeated: false };
    const stored = post();
    peer.send(stored);
    expect(await peer.next('ack')).toEqual({ op: 'ack', id: stored.id, stream, seq: 7, at: AT });
    node.outcome = { kind: 'refused', refusal: refusal('overloaded', 'later', { retryAfter: 3 }) };
    const refused = post();
    peer.send(refused);
    expect(await peer.next('nack')).toEqual({
      op: 'nack',
      id: refused.id,
      code: 'overloaded',
      message: 'later',
      retryAfter: 3,
    });
    node.outcome = { kind: 'refused', refusal: refusal('forbidden') };
    peer.send(post());
    expect(await peer.next('nack')).not.toHaveProperty('retryAfter');
    node.outcome = { kind: 'unknown' };
    peer.send(post());
    expect(await peer.whenClosed()).toBe(CLOSE.restart);
    const [goodbye] = peer.of('goodbye');
    expect(goodbye?.reason).toBe('restart');
    expect(goodbye?.retryAfter).toBeGreaterThanOrEqual(0.5);
    expect(goodbye?.retryAfter).toBeLessThanOrEqual(1.5);
    expect([peer.of('ack').length, peer.of('nack').length]).toEqual([1, 2]);
  });

  test('builds each command from its frame', async () => {
    const node = await aNode();
    const peer = await node.connect();
    const [id, message] = [aClientId(), 3];
    const types = {
      post: { body: 'text' },
      edit: { message, body: 'text' },
      delete: { message },
      react: { message, emoji: '👍' },
      unreact: { message, emoji: '👍' },
      pin: { message },
      unpin: { message },
    };
    for (const [op, more] of Object.entries(types)) {
      peer.send({ op, id, conversation: GROUP, ...more });
      await peer.next('nack');
    }
    expect(node.commands.map(({ eventType }) => eventType)).toEqual([
      'message.posted',
      'message.edited',
      'message.deleted',
      'reaction.added',
      'reaction.removed',
      'message.pinned',
      'message.unpinned',
    ]);
    for (const command of node.commands) {
      expect(command).toMatchObject({ actor: ANN, clientId: id, stream });
    }
  });

  test('rejects commands over the limit of the connection until the budget is refilled', async () => {
    const node = await aNode({ commands: 2, commandWindowMs: 2_000 });
    const peer = await node.connect();
    const sent = [post(), post(), post()];
    for (const frame of sent) peer.send(frame);
    peer.send({ op: 'nothing', id: 'x1' });
    peer.send('malformed');
    peer.send(Buffer.from('binary'));
    await handled(peer);
    expect(node.commands).toHaveLength(2);
    const limited = peer.of('nack').filter(({ code }) => code === 'rate_limited');
    // A frame without an id gets no answer.
    expect(limited.map(({ id }) => id)).toEqual([sent[2]?.id, 'x1']);
    expect(limited.map(({ retryAfter }) => retryAfter)).toEqual([1, 1]);
    expect(peer.of('nack')).toHaveLength(4);
    expect(await node.metrics.text()).toMatch(/parley_\w*limited\w*\{what="commands"\} 2/);
    vi.advanceTimersByTime(1_000);
    peer.send(post());
    await handled(peer);
    expect(node.commands).toHaveLength(3);
  });

  test('rejects commands over the limit of the account, with the time to wait', async () => {
    const node = await aNode();
    const peer = await node.connect();
    node.limited.set(ANN, 4);
    peer.send(post());
    expect(await peer.next('nack')).toMatchObject({ code: 'rate_limited', retryAfter: 4 });
    expect(node.commands).toEqual([]);
    const other = await node.connect(BOB, 's2');
    other.send(post());
    expect(await other.next('nack')).toMatchObject({ code: 'forbidden' });
    expect(await node.metrics.text()).toMatch(/limited\w*\{what="commands"\} 1/);
  });

  test('a command with an API key needs the scope of its frame', async () => {
    const node = await aNode();
    node.scopes = new Set(['messages:read', 'conversations:read']);
    const peer = await node.connect();
    const ids = { conversation: GROUP, message: 3 };
    const writes = [
      post(),
      { op: 'edit', id: aClientId(), ...ids, body: 'x' },
      { op: 'delete', id: aClientId(), ...ids },
      { op: 'react', id: aClientId(), ...ids, emoji: '👍' },
      { op: 'unreact', id: aClientId(), ...ids, emoji: '👍' },
      { op: 'pin', id: aClientId(), ...ids },
      { op: 'unpin', id: aClientId(), ...ids },
    ];
    for (const frame of writes) peer.send(frame);
    peer.send({ op: 'fill', id: aClientId(), stream, after: 0 });
    await peer.next('ack');
    expect(peer.of('nack').map(({ id, code }) => [id, code])).toEqual(
      writes.map(({ id }) => [id, 'insufficient_scope']),
    );
    expect(node.commands).toEqual([]);
    node.scopes = new Set(['messages:read', 'conversations:read', 'messages:write']);
    const writer = await node.connect(ANN, 's2');
    writer.send(post());
    expect(await writer.next('nack')).toMatchObject({ code: 'forbidden' });
  });

  test('answers a malformed or binary frame, and keeps the connection open', async () => {
    const node = await aNode();
    const peer = await node.connect();
    peer.send(Buffer.from('{}'));
    peer.send('{');
    peer.send({ op: 'post', id: 'x7' });
    await handled(peer);
    expect(peer.of('nack').map(({ id, code }) => [id, code])).toEqual([
      [null, 'invalid_json'],
      [null, 'invalid_json'],
      ['x7', 'invalid'],
    ]);
    expect(peer.closed).toBeNull();
  });
});

describe('a read cursor', () => {
  const read = (more: object = {}) => ({
    op: 'read',
    id: aClientId(),
    conversation: GROUP,
    seq: 3,
    ...more,
  });
  const moved = (more: object = {}) => ({
    version: 8,
    cursor: { conversation: GROUP, readSeq: 3 as Seq } as never,
    moved: true,
    sendReceipts: true,
    ...more,
  });

  test('sends a moved read cursor to the account’s connections, and as a receipt to other members', async () => {
    const node = await aNode();
    const [own, device, other] = [
      await node.connect(),
      await node.connect(ANN, 's2'),
      await node.connect(BOB, 's3'),
    ];
    const asked: unknown[] = [];
    node.move = async (account, conversation, seq, options) => {
      asked.push([account, conversation, seq, options.unread, options.revision]);
      return moved();
    };
    const frame = read({ unread: true, revision: 2 });
    own.send(frame);
    expect(await own.next('ack')).toEqual({ op: 'ack', id: frame.id, stream, seq: 3, at: AT });
    expect(asked).toEqual([[ANN, GROUP, 3, true, 2]]);
    for (const peer of [own, device]) {
      expect(await peer.next('read')).toMatchObject({ version: 8, cursor: { readSeq: 3 } });
    }
    expect(await other.next('receipt')).toMatchObject({ account: ANN, readSeq: 3 });
    await handled(own, device, other);
    expect([own, device, other].map((peer) => peer.of('receipt').length)).toEqual([0, 0, 1]);
    expect(other.of('read')).toEqual([]);
  });

  test('does not send read cursors to others in a large conversation, nor to anyone without a move', async () => {
    const node = await aNode();
    const [own, other] = [await node.connect(), await node.connect(BOB, 's2')];
    for (const more of [{ sendReceipts: false }, { moved: false }]) {
      node.move = async () => moved(more);
      own.send(read());
      await own.next('ack');
    }
    await handled(own, other);
    expect([own.of('read').length, other.of('receipt').length]).toEqual([1, 0]);
  });

  test('refuses a read cursor that cannot be moved', async () => {
    const node = await aNode();
    const peer = await node.connect();
    const [refused, failed] = [read(), read()];
    peer.send(refused);
    expect(await peer.next('nack')).toMatchObject({
      id: refused.id,
      code: 'conversation_not_found',
    });
    node.move = async () => {
      throw new Error('The database does not answer');
    };
    peer.send(failed);
    expect(await peer.next('nack')).toMatchObject({
      id: failed.id,
      code: 'unavailable',
      retryAfter: 2,
    });
  });
});

describe('a fill', () => {
  const fill = (after: number, of: string = stream) => ({
    op: 'fill',
    id: aClientId(),
    stream: of,
    after,
  });

  test('acknowledges a fill with the head, and sends the events again', async () => {
    const node = await aNode();
    for (let n = 0; n < 3; n++) node.publish();
    const peer = await node.connect();
    const frame = fill(1);
    peer.send(frame);
    await peer.next('event', (event) => event.seq === 3);
    expect(peer.of('ack')).toEqual([{ op: 'ack', id: frame.id, stream, seq: 3, at: AT }]);
    expect(seqsOf(peer)).toEqual([2, 3]);
    for (const after of [3, 9]) peer.send(fill(after));
    await handled(peer);
    expect(seqsOf(peer)).toEqual([2, 3]);
    node.publish();
    await peer.next('event', (event) => event.seq === 4);
  });

  test('answers a fill of more events than are replayed with a reset', async () => {
    const node = await aNode({ replayEvents: 3 });
    for (let n = 0; n < 5; n++) node.publish();
    const peer = await node.connect();
    peer.send(fill(1));
    expect(await peer.next('reset')).toEqual({ op: 'reset', stream, lastSeq: 5 });
    expect(seqsOf(peer)).toEqual([]);
    peer.send(fill(2));
    await peer.next('event', (event) => event.seq === 5);
    expect(peer.of('reset')).toHaveLength(1);
    expect(seqsOf(peer)).toEqual([3, 4, 5]);
  });

  test('answers a fill of another account’s stream with not found', async () => {
    const node = await aNode();
    const peer = await node.connect();
    await node.connect(BOB, 's2');
    peer.send(fill(0, streamOfAccount(BOB)));
    expect(await peer.next('nack')).toMatchObject({ code: 'not_found' });
  });
});

describe('signals', () => {
  test('typing is sent to the other members, within its budget', async () => {
    const node = await aNode({ signals: 2 });
    const [own, other] = [await node.connect(), await node.connect(BOB, 's2')];
    for (let n = 0; n < 3; n++) own.send({ op: 'typing', conversation: GROUP });
    await handled(own, other);
    const typing = { op: 'typing', conversation: GROUP, account: ANN };
    expect(other.of('typing')).toEqual([typing, typing]);
    expect(own.of('typing')).toEqual([]);
    // It does not delay presence subscriptions.
    own.send({ op: 'watch', accounts: [BOB] });
    await own.next('presence');
  });

  test('typing is accepted only from members, and from API keys with the write scope', async () => {
    const node = await aNode();
    const other = await node.connect(BOB, 's2');
    node.scopes = new Set(['messages:read', 'conversations:read']);
    const key = await node.connect(ANN, 's3');
    key.send({ op: 'typing', conversation: GROUP });
    node.scopes = undefined;
    node.periods = [{ joinedSeq: 1 as Seq, leftSeq: 1 as Seq }];
    const former = await node.connect(ANN, 's4', { epoch: EPOCH, cursor: {} });
    former.send({ op: 'typing', conversation: GROUP });
    await handled(key, former, other);
    expect(other.of('typing')).toEqual([]);
  });

  test('presence is that of the most active device, and `watch` replaces the subscriptions', async () => {
    const node = await aNode();
    const [own, other] = [
      await node.connect(ANN, 's1', { presence: [BOB] }),
      await node.connect(BOB, 's2', { presence: [BOB] }),
    ];
    const stateOf = async (peer: Peer) => (await peer.next('presence')).changes;
    expect(await stateOf(own)).toEqual([{ account: BOB, state: 'active' }]);
    expect(await stateOf(other)).toEqual([{ account: BOB, state: 'active' }]);
    other.send({ op: 'presence', state: 'idle' });
    expect(await stateOf(own)).toEqual([{ account: BOB, state: 'idle' }]);
    expect(await stateOf(other)).toEqual([{ account: BOB, state: 'idle' }]);
    own.send({ op: 'watch', accounts: [] });
    await handled(own);
    other.send({ op: 'presence', state: 'active' });
    expect(await stateOf(other)).toEqual([{ account: BOB, state: 'active' }]);
    own.send({ op: 'watch', accounts: [BOB] });
    expect(await stateOf(own)).toEqual([{ account: BOB, state: 'active' }]);
    expect(own.of('presence')).toHaveLength(3);
  });

  test('presence changes of one connection are limited', async () => {
    const node = await aNode({ signals: 1 });
    const watching = await node.connect(ANN, 's1', { presence: [BOB] });
    const peer = await node.connect(BOB, 's2');
    expect((await watching.next('presence')).changes).toMatchObject([{ state: 'active' }]);
    peer.send({ op: 'presence', state: 'idle' });
    peer.send({ op: 'presence', state: 'active' });
    expect((await watching.next('presence')).changes).toMatchObject([{ state: 'idle' }]);
  });

  test('a guest gets the presence of accounts that it may find, and of none if that is unknown', async () => {
    let findable: readonly AccountId[] | null = [];
    const node = await aNode(
      {},
      {
        me: async (id) => ({ id, isActive: true, role: id === ANN ? 'guest' : 'member' }) as Me,
        findable: async () => {
          if (findable === null) throw new Error('The database does not answer');
          return findable;
        },
      },
    );
    const other = await node.connect(BOB, 's2', { presence: [BOB] });
    await other.next('presence');
    const guest = await node.connect(ANN, 's1', { presence: [BOB] });
    expect(guest.of('ready')[0]?.presence).toEqual([]);
    const states = () => guest.of('presence').flatMap(({ changes }) => changes);
    findable = [BOB];
    guest.send({ op: 'watch', accounts: [BOB] });
    await guest.next('presence');
    expect(states()).toEqual([{ account: BOB, state: 'active' }]);
    findable = null;
    guest.send({ op: 'watch', accounts: [BOB] });
    await handled(guest);
    other.send({ op: 'presence', state: 'idle' });
    await other.next('presence');
    await handled(guest);
    expect(states()).toHaveLength(1);
    findable = [BOB];
    guest.send({ op: 'watch', accounts: [BOB] });
    await guest.next('presence');
    expect(states().at(-1)).toEqual({ account: BOB, state: 'idle' });
  });

  test('a guest learns which of the users that it knows have changed', async () => {
    const known = new Set([BOB]);
    const node = await aNode(
      {},
      {
        me: async (id) => ({ id, isActive: true, role: 'guest' }) as Me,
        knownAccounts: async (guests, accounts) =>
          guests.flatMap((guest) =>
            accounts.filter((one) => known.has(one)).map((account) => ({ guest, account })),
          ),
      },
    );
    const guest = await node.connect();
    const change = (type: StoredEvent['type'], data: object) =>
      node.hub.publish([node.log.append(WORKSPACE_STREAM, { type, data, actor: BOB })]);
    change('user.updated', { account: BOB });
    expect(await guest.next('changed')).toEqual({
      ...{ op: 'changed', users: [BOB], settings: [], emoji: false },
    });
    // Of others it learns nothing, not even that there was a change.
    change('user.updated', { account: '01890000-0000-7000-8000-00000000000c' });
    change('group.created', { conversation: GROUP, name: 'group' });
    change('user.role_changed', { account: BOB, role: 'admin' });
    expect((await guest.next('changed')).users).toEqual([BOB]);
    change('server.updated', { name: 'Parley' });
    expect(await guest.next('changed')).toMatchObject({ users: [], settings: ['name'] });
    change('emoji.changed', {});
    expect(await guest.next('changed')).toMatchObject({ users: [], settings: [], emoji: true });
    expect(guest.of('changed')).toHaveLength(4);
    expect(guest.of('event')).toEqual([]);
  });

  test('an API key may watch accounts with users:read only', async () => {
    const node = await aNode();
    node.scopes = new Set(['messages:read', 'conversations:read']);
    const peer = await node.connect();
    peer.send({ op: 'watch', accounts: [BOB] });
    expect(await peer.next('nack')).toMatchObject({ id: null, code: 'insufficient_scope' });
    expect(peer.of('presence')).toEqual([]);
  });
});

describe('a renewal of the access token', () => {
  const renew = (token: string) => ({ op: 'renew', id: aClientId(), token });

  test('a renewed access token keeps the connection open beyond the end of the first one', async () => {
    const node = await aNode();
    node.expiresAt = node.clock.at + 5_000;
    const [peer, expiring] = [await node.connect(), await node.connect(ANN, 's2')];
    node.expiresAt = node.clock.at + 60_000;
    const frame = renew(`${ANN} s1`);
    peer.send(frame);
    expect(await peer.next('ack')).toEqual({
      op: 'ack',
      id: frame.id,
      stream: streamOfAccount(ANN),
      seq: 0,
      at: AT,
    });
    node.clock.at += 4_999;
    vi.advanceTimersByTime(1_000);
    await handled(expiring);
    node.clock.at += 1;
    vi.advanceTimersByTime(1_000);
    expect(await expiring.whenClosed()).toBe(CLOSE.unauthenticated);
    expect(expiring.of('goodbye')).toMatchObject([{ reason: 'unauthenticated' }]);
    await handled(peer);
  });

  test('rejects a renewal for another session or account, and one that cannot be checked', async () => {
    const node = await aNode();
    const peer = await node.connect();
    for (const token of [`${ANN} s2`, `${BOB} s1`]) {
      peer.send(renew(token));
      expect(await peer.next('nack')).toMatchObject({ code: 'forbidden' });
    }
    node.rejects = () => refusal('session_ended');
    peer.send(renew(`${ANN} s1`));
    expect(await peer.next('nack')).toMatchObject({ code: 'session_ended' });
    node.rejects = () => {
      throw new Error('The database does not answer');
    };
    const frame = renew(`${ANN} s1`);
    peer.send(frame);
    expect(await peer.next('nack')).toMatchObject({
      id: frame.id,
      code: 'unavailable',
      retryAfter: 2,
    });
    await handled(peer);
    expect(peer.of('ack')).toEqual([]);
  });
});

describe('the heartbeat', () => {
  test('closes a connection without a hello after the timeout', async () => {
    const node = await aNode({ helloMs: 1_500 });
    const [silent, peer] = [await node.open(), await node.connect()];
    vi.advanceTimersByTime(1_000);
    await handled(peer);
    expect(silent.closed).toBeNull();
    vi.advanceTimersByTime(1_000);
    expect(await silent.whenClosed()).toBe(CLOSE.helloExpected);
    expect(silent.frames).toEqual([]);
    await handled(peer);
  });

  test('the heartbeat closes only a connection that sends nothing', async () => {
    const node = await aNode({ silenceMs: 3_000 });
    const [silent, peer] = [await node.connect(), await node.connect(BOB, 's2')];
    for (let n = 0; n < 3; n++) {
      vi.advanceTimersByTime(1_000);
      await handled(peer);
    }
    expect(silent.closed).toBeNull();
    vi.advanceTimersByTime(1_000);
    expect(await silent.whenClosed()).toBe(1006);
    expect(peer.closed).toBeNull();
  });

  test('the heartbeat closes no connection from which it reads nothing', async () => {
    const node = await aNode({ frames: 10, commandWindowMs: 1_000, silenceMs: 500 });
    const [peer, other] = [await node.connect(), await node.connect(BOB, 's2')];
    for (let n = 0; n < 10; n++) peer.send({ op: 'ping' });
    await peer.until(() => peer.of('pong').length === 9, 'all pongs within the budget');
    await handled(other);
    vi.advanceTimersByTime(1_000);
    await peer.until(() => peer.of('pong').length === 10, 'the last pong');
    expect(await other.whenClosed()).toBe(1006);
    expect(peer.closed).toBeNull();
  });

  test('pings with the heads that are new since the last ping, and the version of read cursors', async () => {
    const node = await aNode({ pingMs: 3_000 });
    node.readVersions.set(ANN, 4);
    const peer = await node.connect();
    node.publish();
    node.publish();
    await peer.next('event', (event) => event.seq === 2);
    vi.advanceTimersByTime(2_000);
    await handled(peer);
    expect(peer.of('ping')).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(await peer.next('ping')).toEqual({
      op: 'ping',
      heads: { [stream]: 2 },
      readVersion: 4,
    });
    vi.advanceTimersByTime(2_000);
    await handled(peer);
    expect(peer.of('ping')).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect((await peer.next('ping')).heads).toEqual({});
    node.publish();
    vi.advanceTimersByTime(3_000);
    expect(await peer.next('ping')).toMatchObject({ heads: { [stream]: 3 } });
  });

  test('closes a connection whose client reads nothing for too long', async () => {
    const node = await aNode({ bufferedBytes: 100_000, stalledMs: 3_000, silenceMs: 100_000 });
    const slow = await RawSocket.open(node.url);
    await slow.hello(`${ANN} s1`);
    slow.socket.pause();
    const peer = await node.connect(BOB, 's2');
    const isCongested = () => node.live.figures.congested === 1;
    for (let n = 0; n < 400 && !isCongested(); n++) {
      node.publish('message.posted', { body: 'x'.repeat(100_000) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(isCongested()).toBe(true);
    expect(node.live.figures.buffered).toBeGreaterThan(100_000);
    for (let n = 0; n < 3; n++) {
      vi.advanceTimersByTime(1_000);
      await handled(peer);
    }
    expect(node.live.figures).toMatchObject({ stalled: 0, sockets: 2, accounts: 2 });
    vi.advanceTimersByTime(2_000);
    await peer.until(() => node.live.figures.stalled === 1, 'the close');
    expect(node.live.states).toEqual({ draining: 1, live: 1 });
    slow.socket.resume();
    await peer.until(() => slow.closeCode === CLOSE.tooSlow, 'the close frame');
    expect(slow.texts.at(-1)).toMatchObject({ op: 'goodbye', reason: 'too_slow' });
    slow.socket.destroy();
    await peer.until(() => node.live.figures.sockets === 1, 'the end');
    expect(node.live.states).toEqual({ live: 1 });
  });

  test('closes the fullest connection of an account that leaves too much unread', async () => {
    const node = await aNode({
      bufferedBytes: 100_000,
      accountBufferedBytes: 60_000,
      silenceMs: 100_000,
    });
    const slow = await RawSocket.open(node.url);
    await slow.hello(`${ANN} s1`);
    slow.socket.pause();
    const peer = await node.connect(BOB, 's2');
    for (let n = 0; n < 400 && node.live.figures.buffered <= 60_000; n++) {
      node.publish('message.posted', { body: 'x'.repeat(100_000) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    vi.advanceTimersByTime(1_000);
    expect(node.live.figures.stalled).toBe(1);
    slow.socket.resume();
    await peer.until(() => slow.closeCode === CLOSE.tooSlow, 'the close frame');
    expect(slow.texts.at(-1)).toMatchObject({ op: 'goodbye', reason: 'too_slow', retryAfter: 2 });
    slow.socket.destroy();
  });
});

describe('a session', () => {
  test('the end of a session closes its connections, and no others', async () => {
    const node = await aNode();
    const [one, two, other] = [
      await node.connect(),
      await node.connect(),
      await node.connect(ANN, 's2'),
    ];
    node.live.endSession('s1' as SessionId);
    for (const peer of [one, two]) {
      expect(await peer.whenClosed()).toBe(CLOSE.sessionEnded);
      expect(peer.of('goodbye')).toMatchObject([{ reason: 'session_ended', retryAfter: 0 }]);
    }
    await handled(other);
    await other.until(() => node.live.figures.sockets === 1, 'the others to be gone');
    expect(node.live.figures).toMatchObject({ accounts: 1, sockets: 1 });
  });

  test('finds an ended session and a moved read cursor whose messages were lost', async () => {
    let fails = true;
    const node = await aNode(
      { pingMs: 1_000 },
      {
        liveSessions: async (ids) => {
          if (fails) throw new Error('The database does not answer');
          return new Set(ids.filter((id) => id !== 's1'));
        },
      },
    );
    const [ended, other] = [await node.connect(), await node.connect(BOB, 's2')];
    vi.advanceTimersByTime(1_500);
    await handled(ended, other);
    fails = false;
    node.readVersions.set(BOB, 6);
    vi.advanceTimersByTime(1_500);
    expect(await ended.whenClosed()).toBe(CLOSE.sessionEnded);
    await handled(other);
    vi.advanceTimersByTime(1_000);
    await other.next('ping', ({ readVersion }) => readVersion === 6);
    // A known version is never lowered.
    node.live.sendDraft(BOB, { version: 9, conversation: GROUP, thread: null, draft: null });
    expect(await other.next('draft')).toEqual({
      op: 'draft',
      version: 9,
      conversation: GROUP,
      thread: null,
      draft: null,
    });
    node.live.sendThreadRead(BOB, { version: 7, moved: true, cursor: { root: 1 } as never });
    expect(await other.next('thread_read')).toMatchObject({ version: 7, cursor: { root: 1 } });
    vi.advanceTimersByTime(2_000);
    await other.next('ping', ({ readVersion }) => readVersion === 9);
    await handled(other);
    vi.advanceTimersByTime(1_000);
    await handled(other);
    expect(other.of('ping').at(-1)?.readVersion).toBe(9);
  });

  test('does not look up sessions again before the database has answered', async () => {
    const asked: number[] = [];
    let answer = () => {};
    const node = await aNode(
      {},
      {
        liveSessions: (ids) => {
          asked.push(ids.length);
          return new Promise((resolve) => {
            answer = () => resolve(new Set(ids));
          });
        },
      },
    );
    vi.advanceTimersByTime(1_500);
    expect(asked).toEqual([]);
    const peer = await node.connect();
    vi.advanceTimersByTime(4_500);
    expect(asked).toEqual([1]);
    answer();
    await handled(peer);
    vi.advanceTimersByTime(1_500);
    expect(asked).toEqual([1, 1]);
    answer();
  });

  test('a closed connection leaves nothing behind', async () => {
    const looked: AccountId[] = [];
    const statusOf = (account: AccountId) => {
      looked.push(account);
      return null;
    };
    const node = await aNode({}, { statusOf });
    const [watching, other] = [
      await node.connect(ANN, 's1', { presence: [BOB] }),
      await node.connect(BOB, 's2', { presence: [] }),
    ];
    await watching.next('presence');
    watching.close();
    await vi.waitFor(() => expect(node.live.figures.sockets).toBe(1));
    expect([node.hub.streams, node.hub.topic(stream)?.live.size]).toEqual([3, 1]);
    looked.splice(0);
    // Changes are sent together: that of the third account comes with, or after, the first one.
    const third = '01890000-0000-7000-8000-00000000000c' as AccountId;
    other.send({ op: 'presence', state: 'idle' });
    other.send({ op: 'watch', accounts: [third] });
    await handled(other);
    await node.connect(third, 's3', { presence: [] });
    await other.next('presence', ({ changes }) => changes[0]?.state === 'active');
    expect(looked).not.toContain(BOB);
    other.close();
    await vi.waitFor(() => expect(node.live.figures.sockets).toBe(1));
    expect([node.hub.streams, node.hub.topic(stream)?.live.size]).toEqual([3, 1]);
  });

  test('closes the oldest connection of an account with too many', async () => {
    const node = await aNode({ connectionsPerAccount: 2 });
    const [first, second] = [await node.connect(), await node.connect(ANN, 's2')];
    await node.connect(ANN, 's3');
    expect(await first.whenClosed()).toBe(CLOSE.tooManyConnections);
    expect(first.of('goodbye')).toMatchObject([{ reason: 'restart', retryAfter: 60 }]);
    await handled(second);
  });
});

describe('joining a conversation', () => {
  const other = '01890000-0000-7000-8000-0000000000f2' as ConversationId;
  const third = '01890000-0000-7000-8000-0000000000f3' as ConversationId;
  const otherStream = streamOfConversation(other);
  const join = (node: LiveNode, seq: number, conversation: string = other) => {
    const personal = streamOfAccount(ANN);
    const data = { conversation, seq };
    node.hub.publish([
      node.log.append(personal, { type: 'conversation.joined', data, actor: ANN }),
    ]);
  };
  const post = (node: LiveNode) => {
    const data = { body: 'text' };
    const event = node.log.append(otherStream, { type: 'message.posted', data, actor: BOB });
    node.hub.publish([event]);
  };

  test('joining a conversation sends its snapshot, then its events since the join', async () => {
    // Events from before the join do not count.
    const node = await aNode({ replayEvents: 2 });
    const peer = await node.connect();
    for (let n = 0; n < 3; n++) post(node);
    join(node, 3);
    const { conversation } = await peer.next('conversation');
    expect(conversation).toMatchObject({ id: other, joinedSeq: 3, lastSeq: 3 });
    post(node);
    await peer.next('event', (event) => event.stream === otherStream && event.seq === 4);
    const seqs = peer.of('event').flatMap((e) => (e.stream === otherStream ? [e.seq] : []));
    expect(seqs).toEqual([3, 4]);
    peer.send({ op: 'fill', id: aClientId(), stream: otherStream, after: 0 });
    // Nothing from before the join.
    await peer.until(() => peer.of('event').length === 5, 'the events again');
    expect(peer.of('event').at(-2)?.seq).toBe(3);
    expect(peer.of('reset')).toEqual([]);
    // The same join does not open it twice.
    join(node, 3);
    join(node, 1, 'damaged');
    await handled(peer);
    expect(peer.of('conversation')).toHaveLength(1);
    // Nor does it hold up the next one.
    join(node, 1, third);
    expect((await peer.next('conversation')).conversation.id).toBe(third);
  });

  test('rejoining a conversation waits for the end of the previous membership period', async () => {
    const node = await aNode();
    const peer = await node.connect();
    post(node);
    join(node, 1);
    await peer.next('conversation');
    const leave = { type: 'member.left' as const, data: { account: ANN }, actor: ANN };
    const left = node.log.append(otherStream, leave);
    const between = ['one', 'two'].map((body) =>
      node.log.append(otherStream, { type: 'message.posted', data: { body }, actor: BOB }),
    );
    join(node, 4);
    await handled(peer);
    expect(peer.of('conversation')).toHaveLength(1);
    node.hub.publish([left, ...between]);
    expect((await peer.next('conversation')).conversation.joinedSeq).toBe(4);
    await peer.next('event', (event) => event.stream === otherStream && event.seq === 4);
    const seqs = peer.of('event').flatMap((e) => (e.stream === otherStream ? [e.seq] : []));
    expect(seqs).toEqual([1, 2, 4]);
  });

  test('a failed join closes the connection, so that the client starts over', async () => {
    const node = await aNode(
      {},
      {
        conversation: async () => {
          throw new Error('The database does not answer');
        },
      },
    );
    const peer = await node.connect();
    post(node);
    join(node, 1);
    expect(await peer.whenClosed()).toBe(CLOSE.restart);
    expect(peer.of('goodbye')).toMatchObject([{ reason: 'restart', retryAfter: 1 }]);
  });
});

describe('an upgrade', () => {
  test('rejects an upgrade from another origin, and for another path', async () => {
    const node = await aNode();
    expect((await node.open({ origin: 'https://elsewhere.example' })).refused).toBe(403);
    expect((await node.open({ origin: 'https://here.example' })).refused).toBeNull();
    const response = await fetch(`${node.url}/elsewhere`, {
      headers: { connection: 'upgrade', upgrade: 'websocket' },
    }).catch(() => null);
    expect(response?.status ?? 404).toBe(404);
  });

  test('rejects an upgrade over the budget of its address, with Retry-After', async () => {
    const node = await aNode();
    const opened = await Promise.all(Array.from({ length: 300 }, () => node.open()));
    for (const peer of opened) {
      expect(peer.refused).toBeNull();
      peer.close();
    }
    const refused = await node.open();
    expect(refused.refused).toBe(503);
    expect(Number(refused.refusedHeaders['retry-after'])).toBeGreaterThan(0);
    expect(await node.metrics.text()).toMatch(/limited\w*\{what="upgrades"\} 1/);
  });
});

test('a ping is answered with what it contains', async () => {
  const node = await aNode();
  const raw = await RawSocket.open(node.url);
  await raw.hello(`${ANN} s1`);
  raw.send(frameOf(OPCODE.ping, Buffer.from('hi')), textOf({ op: 'ping' }));
  const peer = await node.open();
  await peer.until(() => raw.texts.some(({ op }) => op === 'pong'), 'both answers');
  expect(raw.frames.find(({ opcode }) => opcode === OPCODE.pong)?.payload.toString()).toBe('hi');
  raw.socket.destroy();
});

test('a stopping node closes its connections, rejects new ones, and records who was connected', async () => {
  const node = await aNode();
  const [one, two] = [await node.connect(), await node.connect(BOB, 's2')];
  const seen = () => one.of('presence').flatMap(({ changes }) => changes.map((c) => c.account));
  await one.until(() => seen().includes(ANN) && seen().includes(BOB), 'both presences');
  await node.live.drain();
  for (const peer of [one, two]) {
    expect(await peer.whenClosed()).toBe(CLOSE.restart);
    const [goodbye] = peer.of('goodbye');
    expect(goodbye?.reason).toBe('restart');
    expect(goodbye?.retryAfter).toBeGreaterThanOrEqual(0.2);
    expect(goodbye?.retryAfter).toBeLessThanOrEqual(1.2);
  }
  expect(node.lastSeen.flat().sort()).toEqual([ANN, BOB]);
  expect((await node.open()).refused).toBe(503);
  expect(node.live.figures).toMatchObject({ sockets: 0, accounts: 0, buffered: 0 });
});
