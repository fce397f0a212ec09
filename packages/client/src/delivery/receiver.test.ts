import 'fake-indexeddb/auto';
import type {
  AccountId,
  ClientId,
  Conversation,
  ConversationId,
  DurableCommand,
  Event,
  Message,
  Seq,
  ServerFrame,
  StreamId,
} from '@parley/protocol';

import {
  CLOSE,
  SYSTEM,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aClient, aLiveClient, heal, settle } from '../../test/support/model-client.ts';
import { ModelServer } from '../../test/support/model-server.ts';
import type { ParleyClient } from '../client.ts';
import { viewOf } from '../conversations/conversations.ts';
import { IndexedDbStore } from '../storage/indexeddb-store.ts';
import { MemoryStore } from '../storage/store.ts';
import { permissionsOn } from '../timelines/permissions.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

/** A live client in a group with this many messages of the other member. */
async function inGroup(messages = 3) {
  const server = new ModelServer();
  const id = server.group();
  for (let n = 0; n < messages; n++) server.post(id, server.other, `old ${n}`);
  server.join(id);
  return { ...(await aLiveClient(server)), id };
}

/** Delivers everything in flight to the client, without answering anything. */
async function arrive(server: ModelServer): Promise<void> {
  server.deliver(Number.MAX_SAFE_INTEGER);
  await settle();
}

const view = (client: ParleyClient, id: ConversationId) => client.snapshot.conversations.get(id);
const deliver = (server: ModelServer, frame: object) => server.push(frame as ServerFrame);

describe('events', () => {
  test('applies events once and in order, and requests a gap once at a time', async () => {
    const { server, client, id } = await inGroup();
    const seen: number[] = [];
    client.onEvent((event) => seen.push(event.seq));
    const gaps: object[] = [];
    client.on('gap', (gap) => gaps.push(gap));
    const first = server.post(id, server.other, 'lost');
    server.queued.pop();
    server.post(id, server.other, 'two');
    server.post(id, server.other, 'three');
    await arrive(server);
    await arrive(server);
    expect(seen).toEqual([first, first + 1, first + 2]);
    expect(gaps).toEqual([{ stream: id, after: first - 1, before: first + 1 }]);
    expect(client.counters).toMatchObject({ gapFills: 1, duplicates: 0 });
    deliver(server, server.log(id)[first] ?? {});
    await arrive(server);
    expect(seen).toHaveLength(3);
    expect(client.counters.duplicates).toBe(1);
  });

  test('skips a damaged event, and reports it', async () => {
    const { server, client, id } = await inGroup();
    const skipped: object[] = [];
    const seen: string[] = [];
    client.on('skipped', (what) => skipped.push(what));
    client.onEvent((event) => seen.push(event.type));
    const event = server.append(id, server.other, 'message.posted', {});
    server.post(id, server.other, 'sound');
    await arrive(server);
    expect(skipped).toEqual([{ stream: id, seq: event.seq, type: 'message.posted' }]);
    expect(seen).toEqual(['message.posted']);
    expect(client.cursors.get(id as unknown as StreamId)).toBe(event.seq + 1);
  });

  test('a message ends the typing of its author', async () => {
    const { server, client, id } = await inGroup();
    deliver(server, { op: 'typing', conversation: id, account: server.other });
    await arrive(server);
    expect(client.snapshot.typing.get(id)).toEqual([server.other]);
    server.post(id, server.other, 'done');
    await arrive(server);
    expect(client.snapshot.typing.has(id)).toBe(false);
  });

  test('removes expired messages, also from the device, as a fresh load would', async () => {
    const server = new ModelServer();
    const id = server.group();
    const seqs = [0, 1, 2, 3].map((n) => server.post(id, server.other, `old ${n}`));
    server.join(id);
    server.append(id, server.other, 'message.deleted', { message: seqs[1], author: server.other });
    const { client } = await aLiveClient(server, new IndexedDbStore());
    const timeline = client.timeline(id);
    await Promise.all([timeline.open(), heal(server, client)]);
    const bodies = () => timeline.snapshot.messages.map((m) => m.body);
    expect(bodies()).toEqual(['old 0', '', 'old 2', 'old 3']);
    const expire = async (message: Seq | undefined) => {
      server.append(id, SYSTEM, 'message.deleted', { message, author: server.other });
      await heal(server, client);
    };
    await expire(seqs[0]);
    await expire(seqs[2]);
    expect(bodies()).toEqual(['old 3']);
    expect(timeline.snapshot.hasOlder).toBe(false);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
    await client.stop();
    const store = new IndexedDbStore();
    expect((await store.open(server.me)).messages.map((m) => m.body)).toEqual(['old 3']);
    await store.clear();
  });

  test('keeps few messages in memory of a conversation that is not on the screen', async () => {
    const { server, client, id } = await inGroup();
    for (let n = 0; n < 600; n++) server.post(id, server.other, `${n}`);
    await arrive(server);
    const timeline = client.timeline(id);
    expect(timeline.snapshot.messages.length).toBeLessThan(460);
    expect(timeline.snapshot.hasOlder).toBe(true);
    const { length } = timeline.snapshot.messages;
    for (let n = 0; n < 300; n++) server.post(id, server.other, `${n}`);
    await arrive(server);
    expect(timeline.snapshot.messages).toHaveLength(length + 300);
  });
});

describe('streams that do not fit into the hello', () => {
  test('fills streams that did not fit into the hello, the open conversation first', async () => {
    const server = new ModelServer();
    const ids = Array.from({ length: 1_500 }, (_, n) => server.group(n + 1));
    for (const id of ids) server.join(id);
    const { client } = await aLiveClient(server);
    const last = ids.at(-1) as ConversationId;
    const [first, ...others] = [last, ...ids.slice(-20, -1), ids[0]] as ConversationId[];
    const timeline = client.timeline(last);
    await heal(server, client);
    server.cut();
    for (const id of [first as ConversationId, ...others]) server.post(id, server.other, 'missed');
    const seen: StreamId[] = [];
    client.onEvent((event) => seen.push(event.stream));
    await heal(server, client);
    for (let n = 0; n < 40; n++) {
      await vi.advanceTimersByTimeAsync(500);
      await heal(server, client);
    }
    for (const id of [last, ...others]) {
      const stream = id as unknown as StreamId;
      expect(client.cursors.get(stream)).toBe(server.lastSeq(id));
    }
    expect(timeline.snapshot.messages.at(-1)?.body).toBe('missed');
    // What the hello has named comes by itself.
    expect(seen[0]).toBe(ids[0]);
    expect(seen[1]).toBe(last);
    expect(seen).toHaveLength(21);
  });
});

describe('the own join', () => {
  test('nothing is missing after a join whose events the connection has lost', async () => {
    const { server, client } = await inGroup();
    const second = server.group(2);
    server.post(second, server.other, 'before');
    server.join(second);
    // Only the conversation arrives.
    const [announced] = server.queued.splice(0).filter(({ op }) => op === 'conversation');
    server.push(announced as ServerFrame);
    await arrive(server);
    expect(client.cursors.get(streamOfConversation(second))).toBe(server.lastSeq(second) - 1);
    server.post(second, server.other, 'after');
    server.cut();
    await heal(server, client);
    const timeline = client.timeline(second);
    await Promise.all([timeline.open(), heal(server, client)]);
    expect(timeline.snapshot.messages.map(({ body }) => body)).toEqual(['before', 'after']);
  });

  test('the account’s own join restarts the window if earlier events are missing', async () => {
    const { server, client, id } = await inGroup();
    const timeline = client.timeline(id);
    server.post(id, server.other, 'seen');
    await arrive(server);
    expect(timeline.snapshot.messages).toHaveLength(1);
    server.leave(id);
    for (let n = 0; n < 5; n++) server.post(id, server.other, `not seen ${n}`);
    server.join(id);
    // Everything is lost except the join itself.
    const joined = server.queued.findLast((f) => f.op === 'event' && f.stream === (id as string));
    server.queued.splice(0);
    deliver(server, joined ?? {});
    await arrive(server);
    expect(client.cursors.get(id as unknown as StreamId)).toBe(server.lastSeq(id));
    expect(timeline.snapshot).toMatchObject({ messages: [], hasOlder: true });
  });
});

describe('the end of a membership', () => {
  test('an older snapshot from another tab does not undo the end of a membership', async () => {
    const { server, client, id } = await inGroup();
    const conversation = server.snapshot(id);
    server.leave(id);
    await arrive(server);
    deliver(server, { op: 'conversation', conversation });
    await arrive(server);
    expect(view(client, id)).toBeUndefined();
    server.join(id);
    await arrive(server);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
  });

  test.each([
    ['that happened online', false],
    ['that happened before a reload', true],
  ])('%s is not undone by what another tab passes on late', async (_when, isReloaded) => {
    const { server, client, store, id } = await inGroup();
    server.leave(id);
    await arrive(server);
    server.join(id);
    server.post(id, server.other, 'seen once');
    server.leave(id);
    const late = [...server.queued];
    await arrive(server);
    if (!isReloaded) await heal(server, client);
    let reader = client;
    if (isReloaded) {
      await client.stop();
      reader = (await aLiveClient(server, store)).client;
    } else {
      // The next connection drops the cursor of the stream.
      server.cut();
      await heal(server, client);
    }
    const applied: Event[] = [];
    reader.on('event', (event) => applied.push(event));
    for (const frame of late) server.push(frame);
    await arrive(server);
    expect(applied).toEqual([]);
    expect(view(reader, id)).toBeUndefined();
    server.join(id);
    await arrive(server);
    expect(view(reader, id)).toMatchObject(server.snapshot(id));
    expect(reader.cursors.get(streamOfConversation(id))).toBe(server.lastSeq(id));
  });

  test('the end of a membership removes the conversation, also after a reload', async () => {
    const { server, client, id } = await inGroup();
    server.leave(id);
    await arrive(server);
    expect(view(client, id)).toBeUndefined();
    expect(client.timeline(id).snapshot.messages).toEqual([]);
  });

  test('a membership that ended while offline is missing from ready, and removed', async () => {
    const { server, client, id } = await inGroup();
    server.cut();
    server.leave(id);
    await heal(server, client);
    expect(view(client, id)).toBeUndefined();
    expect(client.cursors.has(id as unknown as StreamId)).toBe(false);
  });

  test('a membership that ended and began again while offline continues with the new one', async () => {
    const { server, client, id } = await inGroup();
    server.cut();
    server.leave(id);
    server.post(id, server.other, 'not for this account');
    server.join(id);
    server.post(id, server.other, 'welcome back');
    await heal(server, client);
    expect(view(client, id)).toMatchObject({ lastSeq: server.lastSeq(id) });
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    expect(timeline.snapshot.messages.at(-1)?.body).toBe('welcome back');
  });

  test('the end of another membership does not end one’s own', async () => {
    const { server, client, id } = await inGroup();
    server.append(id, server.other, 'member.left', { account: server.other });
    await arrive(server);
    expect(view(client, id)?.memberCount).toBe(1);
  });

  test('the deletion of a conversation ends the membership', async () => {
    const { server, client, id } = await inGroup();
    server.append(id, server.other, 'conversation.deleted', {});
    await arrive(server);
    expect(view(client, id)).toBeUndefined();
  });

  test('a refused request for a gap ends the membership', async () => {
    const { server, client, id } = await inGroup();
    server.leave(id);
    // Its events are lost; the ping is older.
    server.queued.splice(0);
    deliver(server, { op: 'ping', heads: { [id]: server.lastSeq(id) }, readVersion: 0 });
    await arrive(server);
    await arrive(server);
    expect(view(client, id)).toBeUndefined();
    expect(client.cursors.has(id as unknown as StreamId)).toBe(false);
  });

  test('an end that the personal stream announced, and whose event was lost, is found at the next ping', async () => {
    const { server, client, id } = await inGroup();
    const before = server.queued.length;
    server.leave(id);
    const announced = server.queued
      .splice(before)
      .filter((f) => 'stream' in f && f.stream !== streamOfConversation(id));
    for (const frame of announced) server.push(frame);
    await arrive(server);
    expect(view(client, id)).toBeDefined();
    server.ping();
    await arrive(server);
    await arrive(server);
    expect(view(client, id)).toBeUndefined();
    expect(client.cursors.has(id as unknown as StreamId)).toBe(false);
  });

  test('an end that is in flight at a ping is not sent twice', async () => {
    const { server, client, id } = await inGroup();
    server.post(id, server.other, 'in flight');
    server.leave(id);
    server.join(id);
    const frames = server.queued.splice(0);
    const isEnd = (f: ServerFrame) => f.op === 'event' && f.type === 'conversation.left';
    for (const frame of frames.filter(isEnd)) server.push(frame);
    deliver(server, { op: 'ping', heads: {}, readVersion: 0 });
    await arrive(server);
    for (const frame of frames.filter((f) => !isEnd(f))) server.push(frame);
    await arrive(server);
    await arrive(server);
    expect(client.cursors.get(id as unknown as StreamId)).toBe(server.lastSeq(id));
    expect(client.counters).toMatchObject({ gapFills: 0, duplicates: 0 });
  });

  test('a deferred request does not end the membership', async () => {
    const { server, client, id } = await inGroup();
    server.post(id, server.other, 'lost');
    server.queued.splice(0);
    server.isBusy = true;
    server.ping();
    await arrive(server);
    await arrive(server);
    expect(view(client, id)).toBeDefined();
    server.isBusy = false;
    await vi.advanceTimersByTimeAsync(2_000);
    server.ping();
    await arrive(server);
    await arrive(server);
    expect(client.cursors.get(id as unknown as StreamId)).toBe(server.lastSeq(id));
  });
});

describe('a ping', () => {
  test('a ping reveals a gap at the end of a stream', async () => {
    const { server, client, id } = await inGroup();
    server.post(id, server.other, 'lost');
    server.queued.splice(0);
    server.ping();
    await arrive(server);
    await arrive(server);
    expect(client.cursors.get(id as unknown as StreamId)).toBe(server.lastSeq(id));
    expect(client.counters.gapFills).toBe(1);
  });

  test('a ping without news causes no request', async () => {
    const { server, client } = await inGroup();
    server.ping();
    await arrive(server);
    expect(client.counters.gapFills).toBe(0);
    expect(server.requests).toEqual([]);
  });

  test('a ping reveals that a read cursor was missed', async () => {
    const { server, client, id } = await inGroup();
    server.read(id, 4 as Seq, true);
    server.queued.splice(0);
    server.ping();
    await arrive(server);
    expect(server.requests.map((r) => r.path)).toEqual(['/me/cursors']);
    await heal(server, client);
    expect(view(client, id)?.readSeq).toBe(4);
    server.ping();
    await arrive(server);
    expect(server.requests).toEqual([]);
  });
});

describe('read cursors', () => {
  test.each([0, 3])(
    'a read cursor that was counted before a deletion does not count the deleted message (%i older ones)',
    async (older) => {
      const { server, client, id } = await inGroup(older);
      const first = server.post(id, server.other, 'one');
      const second = server.post(id, server.other, 'two');
      await arrive(server);
      client.read(id, second);
      await heal(server, client);
      server.read(id, (first - 1) as Seq, true);
      // The deletion overtakes the cursor, as between two nodes.
      server.append(id, server.other, 'message.deleted', { message: first, author: server.other });
      server.queued.reverse();
      await arrive(server);
      expect(view(client, id)).toMatchObject({ readSeq: first - 1, unread: 1 });
    },
  );

  test('read cursors that arrive in order are applied without a request', async () => {
    const { server, client, id } = await inGroup();
    server.read(id, 4 as Seq, true);
    server.read(id, 5 as Seq);
    await arrive(server);
    expect(view(client, id)).toMatchObject({ readSeq: 5, unread: 0 });
    expect(server.requests).toEqual([]);
  });

  test('a late duplicate does not move a read cursor back', async () => {
    const { server, client, id } = await inGroup();
    server.read(id, 4 as Seq, true);
    const [report] = server.queued;
    await arrive(server);
    server.read(id, 5 as Seq);
    await arrive(server);
    if (report) server.queued.push(report);
    await arrive(server);
    expect(view(client, id)).toMatchObject({ readSeq: 5, unread: 0 });
    expect(server.requests).toEqual([]);
  });

  test('read cursors are fetched if one is missing, and again if that fails', async () => {
    const { server, client, id } = await inGroup();
    const other = server.group(2);
    server.join(other);
    await heal(server, client);
    server.read(id, 4 as Seq, true);
    server.queued.pop();
    server.read(other, 1 as Seq, true);
    await arrive(server);
    const [request] = server.requests;
    expect(request?.path).toBe('/me/cursors');
    if (request) server.fail(request, 'network');
    await settle();
    expect(server.requests).toEqual([]);
    server.ping();
    await arrive(server);
    expect(server.requests.map((r) => r.path)).toEqual(['/me/cursors']);
    await heal(server, client);
    expect(view(client, id)?.readSeq).toBe(4);
  });

  test('unread counts include messages that arrive after a read cursor', async () => {
    const { server, client, id } = await inGroup(5);
    server.read(id, 4 as Seq, true);
    await arrive(server);
    expect(view(client, id)?.unread).toBe(3);
    server.post(id, server.other, 'one more');
    const last = server.post(id, server.me, 'own');
    await arrive(server);
    expect(view(client, id)?.unread).toBe(4);
    client.read(id, last);
    expect(view(client, id)?.unread).toBe(0);
    await heal(server, client);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
  });

  test('a read cursor does not move past the last event, such as after a restore of the server', async () => {
    const { server, client, id } = await inGroup(5);
    const { lastSeq } = server.snapshot(id);
    server.read(id, lastSeq);
    await arrive(server);
    // A seq that the client has from before the restore.
    client.read(id, (lastSeq + 1) as Seq);
    await heal(server, client);
    server.post(id, server.other, 'one more');
    await arrive(server);
    expect(view(client, id)).toMatchObject({ readSeq: lastSeq, unread: 1 });
  });
});

describe('an assumption', () => {
  test('a read mark that the server has ignored is followed by a request for the cursors', async () => {
    const { server, client, id } = await inGroup();
    const seq = server.lastSeq(id);
    server.isMute = true;
    const answered = async (ackSeq: number) => {
      const { id: mark } = client.read(id, seq) ?? {};
      await settle();
      deliver(server, { op: 'ack', id: mark, seq: ackSeq, at: '' });
      await arrive(server);
      return server.requests.map((r) => r.path);
    };
    expect(await answered(seq)).toEqual([]);
    expect(await answered(seq - 1)).toEqual(['/me/cursors']);
  });

  test('an assumed read mark is checked once the server has answered', async () => {
    const { server, client, id } = await inGroup();
    server.read(id, 2 as Seq, true);
    await heal(server, client);
    // Executed, but the answer is lost; then the cursor is moved back on another device.
    server.isMute = true;
    client.read(id, 5 as Seq);
    await settle();
    server.read(id, 3 as Seq, true);
    server.isMute = false;
    server.cut();
    await heal(server, client);
    expect(view(client, id)?.readSeq).toBe(3);
  });

  test('reloads the last message when it is deleted and the one before is not loaded', async () => {
    const server = new ModelServer();
    const id = server.group();
    server.post(id, server.other, 'one');
    const last = server.post(id, server.other, 'two');
    server.join(id);
    const { client } = await aLiveClient(server);
    server.append(id, server.other, 'message.deleted', { message: last, author: server.other });
    await heal(server, client);
    expect(view(client, id)?.lastMessage?.body).toBe('one');
  });
});

describe('signals', () => {
  test('keeps the presence of accounts that are not offline', async () => {
    const { server, client } = await inGroup();
    deliver(server, { op: 'presence', changes: [{ account: server.other, state: 'idle' }] });
    await arrive(server);
    expect(client.snapshot.presence.get(server.other)).toBe('idle');
    deliver(server, { op: 'presence', changes: [{ account: server.other, state: 'offline' }] });
    await arrive(server);
    expect(client.snapshot.presence.has(server.other)).toBe(false);
  });

  test('presence in ready replaces earlier presence', async () => {
    const { server, client } = await inGroup();
    const [idle, offline] = ['x', 'y'] as AccountId[] as [AccountId, AccountId];
    deliver(server, { op: 'presence', changes: [{ account: offline, state: 'active' }] });
    await arrive(server);
    server.presence = [
      { account: idle, state: 'idle' },
      { account: offline, state: 'offline' },
    ];
    server.cut();
    await heal(server, client);
    expect([...client.snapshot.presence]).toEqual([[idle, 'idle']]);
  });

  test('receipts show who has seen own messages, and never go back', async () => {
    const { server, client, id } = await inGroup();
    const seq = server.post(id, server.me, 'own');
    await arrive(server);
    const timeline = client.timeline(id);
    const receipt = (account: AccountId, readSeq: number) =>
      deliver(server, { op: 'receipt', conversation: id, account, readSeq });
    receipt(server.me, seq);
    receipt(server.other, seq - 1);
    await arrive(server);
    const seenBy = () => timeline.snapshot.messages.find((m) => m.seq === seq)?.seenBy;
    expect(seenBy()).toEqual([]);
    receipt(server.other, seq);
    receipt(server.other, seq - 1);
    await arrive(server);
    expect(seenBy()).toEqual([server.other]);
    expect(view(client, id)?.receipts.has(server.me)).toBe(false);
  });
});

describe('the workspace', () => {
  const posted = (server: ModelServer, type: string, data: object) =>
    server.append(WORKSPACE_STREAM, server.other, type, data);

  test('reports a user who registers', async () => {
    const { server, client } = await inGroup();
    const registered: string[] = [];
    client.on('registered', (user) => registered.push(user.displayName));
    posted(server, 'user.registered', { account: 'x', username: 'x', displayName: 'X' });
    posted(server, 'user.registered', { account: server.me, username: 'm', displayName: 'M' });
    await arrive(server);
    expect(registered).toEqual(['X']);
    expect(client.snapshot.users.get('x' as AccountId)?.username).toBe('x');
  });

  test('reloads the user’s own account at a random time after a change of settings that concern it', async () => {
    const { server } = await inGroup();
    const ofMe = () => server.requests.filter((r) => r.path === '/me');
    posted(server, 'server.updated', { name: 'Another name' });
    posted(server, 'server.updated', { registration: { mode: 'closed', domains: [] } });
    posted(server, 'server.updated', { messageEditWindow: 60 });
    posted(server, 'server.updated', { groupCreation: 'admins' });
    await arrive(server);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(ofMe()).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(ofMe()).toHaveLength(1);
    // An error is retried.
    ofMe()[0]?.reject(new TypeError('fetch failed'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ofMe()).toHaveLength(2);
  });

  test('reloads the user’s own account at once after its own change of settings, and not after a stop', async () => {
    const { server, client } = await inGroup();
    const ofMe = () => server.requests.filter((r) => r.path === '/me');
    server.append(WORKSPACE_STREAM, server.me, 'server.updated', { groupCreation: 'admins' });
    await arrive(server);
    expect(ofMe()).toHaveLength(1);
    posted(server, 'server.updated', { groupCreation: 'everyone' });
    await arrive(server);
    await client.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(ofMe()).toHaveLength(1);
  });

  test('reloads the user’s own account when the workspace stream is reset, because its role may have changed', async () => {
    const { server } = await inGroup();
    deliver(server, { op: 'reset', stream: WORKSPACE_STREAM, lastSeq: 9_000 });
    await arrive(server);
    expect(server.requests.map((r) => r.path)).toContain('/me');
  });

  test('reloads the followed threads when the personal stream is reset', async () => {
    const { server, client } = await inGroup();
    void client.threads.load().catch(() => undefined);
    await settle();
    for (const request of [...server.requests]) server.fail(request, 'network');
    await settle();
    expect(server.requests).toEqual([]);
    const reload = async (stream: StreamId) => {
      deliver(server, { op: 'reset', stream, lastSeq: 9_000 });
      await arrive(server);
      await vi.advanceTimersByTimeAsync(1_000);
      return server.requests.some((r) => r.path === '/me/thread-cursors');
    };
    expect(await reload(WORKSPACE_STREAM)).toBe(false);
    expect(await reload(streamOfAccount(server.me))).toBe(true);
  });

  test('a guest reloads what has changed: users, the own account, and after a gap everyone known', async () => {
    const { server } = await inGroup();
    const reload = async (changed: object) => {
      for (const request of [...server.requests]) {
        // A failed request for the own account is repeated.
        if (request.path === '/me') server.answer(request);
        else server.fail(request, 'network');
      }
      deliver(server, { op: 'changed', users: [], settings: [], emoji: false, ...changed });
      await arrive(server);
      await vi.advanceTimersByTimeAsync(10_000);
      return server.requests.map((r) => r.path);
    };
    expect(await reload({})).toEqual([]);
    expect(await reload({ settings: ['groupCreation'] })).toEqual(['/me']);
    expect(await reload({ users: [server.other] })).toEqual([`/users/${server.other}`]);
    expect((await reload({ users: [server.me] })).sort()).toEqual(['/me', `/users/${server.me}`]);
    await reload({ users: [server.other] });
    server.requests[0]?.resolve(Response.json({ id: server.other, displayName: 'Former member' }));
    server.requests.length = 0;
    await settle();
    expect((await reload({ users: null })).sort()).toEqual(['/me', '/users?limit=200']);
    for (const request of [...server.requests]) server.answer(request);
    await settle();
    expect(server.requests.map((r) => r.path)).toEqual([`/users/${server.other}`]);
  });

  test('a guest reloads known users after a reconnect, because guests receive no events of users', async () => {
    const server = new ModelServer();
    server.ownRole = 'guest';
    const { client } = await aLiveClient(server);
    server.cut();
    await vi.advanceTimersByTimeAsync(2_000);
    await arrive(server);
    expect(client.state).toBe('live');
    expect(server.requests.map((r) => r.path)).toContain('/users?limit=200');
  });

  test('counts the unread activity again at a ping if that failed, and when a stream is reset', async () => {
    const { server, client } = await inGroup();
    void client.activity.load().catch(() => undefined);
    await settle();
    const [path] = server.requests.map((r) => r.path);
    for (const request of [...server.requests]) server.fail(request, 'network');
    await settle();
    expect([path, server.requests]).toEqual([expect.stringContaining('/activity'), []]);
    server.ping();
    await arrive(server);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.requests.map((r) => r.path)).toContain(path);
    for (const request of [...server.requests]) server.fail(request, 'network');
    await settle();
    deliver(server, { op: 'reset', stream: streamOfAccount(server.me), lastSeq: 9_000 });
    await arrive(server);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.requests.map((r) => r.path)).toContain(path);
  });

  test('forgets the unread threads of a conversation that the account leaves', async () => {
    const { server, client, id } = await inGroup();
    void client.threads.load();
    await settle();
    const [request] = server.requests;
    if (!request) throw new Error('The threads were not requested');
    const cursor = { conversation: id, thread: 1, isFollowing: true, readSeq: 1, asOf: 4 };
    const items = [{ ...cursor, unread: 1, unreadMentions: [3] }];
    request.answer = Response.json({ readVersion: 5, items });
    server.answer(request);
    await settle();
    expect(client.snapshot.threads).toMatchObject({ unread: 1, mentions: 1 });
    server.leave(id);
    await arrive(server);
    expect(client.snapshot.threads).toMatchObject({ unread: 0, mentions: 0 });
    expect(client.snapshot.threads.cursors.size).toBe(0);
  });

  test('does not report a user who registered while the client was offline', async () => {
    const { server, client } = await inGroup();
    const registered: string[] = [];
    client.on('registered', (user) => registered.push(user.displayName));
    server.cut();
    posted(server, 'user.registered', { account: 'x', username: 'x', displayName: 'X' });
    await heal(server, client);
    expect(registered).toEqual([]);
    expect(client.snapshot.users.get('x' as AccountId)?.displayName).toBe('X');
  });

  test('reports changes to the user’s own account, and reloads others', async () => {
    const { server, client } = await inGroup();
    const { me } = server;
    posted(server, 'user.role_changed', { account: me, role: 'admin' });
    const names = { username: 'new', displayName: 'New' };
    posted(server, 'user.updated', { account: me, ...names, title: 'Boss', timeZone: 'UTC' });
    posted(server, 'user.updated', { account: me, ...names, timeZone: null });
    posted(server, 'user.role_changed', { account: server.other, role: 'owner' });
    posted(server, 'user.deactivated', { account: server.other });
    await arrive(server);
    expect(client.me).toMatchObject({ role: 'admin', ...names, title: 'Boss', timeZone: null });
    const paths = server.requests.map((r) => r.path);
    expect(paths.filter((path) => path === '/me')).toHaveLength(3);
    expect(paths.filter((path) => path !== '/me')).toEqual([
      ...[`/users/${me}`, `/users/${me}`, `/users/${server.other}`],
    ]);
  });
});

describe('permissions', () => {
  test('fetches permissions again when one’s own role in the conversation changes', async () => {
    const { server, client, id } = await inGroup();
    expect(view(client, id)?.permissions).toEqual(['leave']);
    server.permissions = ['leave', 'rename'];
    server.append(id, server.other, 'member.role_changed', {
      account: server.other,
      role: 'owner',
    });
    await heal(server, client);
    expect(view(client, id)?.permissions).toEqual(['leave']);
    server.append(id, server.other, 'member.role_changed', { account: server.me, role: 'owner' });
    await heal(server, client);
    expect(view(client, id)).toMatchObject({ permissions: ['leave', 'rename'] });
  });

  test('fetches permissions again when the group changes its minimum roles', async () => {
    const { server, client, id } = await inGroup();
    server.permissions = ['leave', 'post'];
    server.append(id, server.other, 'conversation.updated', { minimumRoles: { post: 'member' } });
    await heal(server, client);
    expect(view(client, id)?.permissions).toEqual(['leave', 'post']);
  });

  test('takes permissions from an event that contains them, without a request', async () => {
    const { server, client, id } = await inGroup();
    const of = (permissions: string[]) => ({
      permissions,
      removableRoles: [],
      messagePermissions: { own: ['edit'], others: [] },
    });
    const access = {
      minimumRoles: { ...server.minimumRoles, post: 'admin' },
      byRole: { owner: of(['delete']), admin: of(['post']), member: of(['leave', 'rename']) },
    };
    const requests = server.requests.length;
    server.append(id, server.other, 'conversation.updated', {
      minimumRoles: { post: 'admin' },
      access,
      topic: 'Today',
      slowModeSeconds: 30,
    } as never);
    await arrive(server);
    expect(view(client, id)).toMatchObject({
      ...access.byRole.member,
      minimumRoles: { post: 'admin' },
      topic: 'Today',
      slowModeSeconds: 30,
    });
    server.append(id, server.other, 'conversation.updated', {
      archived: true,
      access: { ...access, byRole: { ...access.byRole, member: of([]) } },
    } as never);
    await arrive(server);
    expect(view(client, id)).toMatchObject({ permissions: [], archivedAt: expect.any(String) });
    expect(server.requests.length).toBe(requests);
  });

  test('fetches permissions again when those in the event are malformed', async () => {
    const { server, client, id } = await inGroup();
    server.permissions = ['leave', 'post'];
    server.append(id, server.other, 'conversation.updated', {
      archived: false,
      access: { minimumRoles: server.minimumRoles, byRole: { member: { permissions: 'all' } } },
    } as never);
    await heal(server, client);
    expect(view(client, id)?.permissions).toEqual(['leave', 'post']);
  });

  test('fetches permissions in the default group again when one’s role on the server changes', async () => {
    const { server, client, id } = await inGroup();
    const change = (account: AccountId) =>
      server.append(WORKSPACE_STREAM, server.other, 'user.role_changed', {
        account,
        role: 'admin',
      });
    server.permissions = ['rename'];
    change(server.me);
    await heal(server, client);
    expect(view(client, id)?.permissions).toEqual(['leave']);
    server.isEveryone = true;
    server.cut();
    await heal(server, client);
    expect(view(client, id)?.permissions).toEqual(['rename']);
    server.permissions = [];
    change(server.other);
    await heal(server, client);
    expect(view(client, id)?.permissions).toEqual(['rename']);
    change(server.me);
    await heal(server, client);
    expect(view(client, id)?.permissions).toEqual([]);
  });

  test('fetches permissions on the server again when one’s role there changes', async () => {
    const { server, client } = await inGroup();
    const change = (role: string) =>
      server.append(WORKSPACE_STREAM, server.other, 'user.role_changed', {
        account: server.me,
        role,
      });
    expect(client.me?.permissions).toEqual([]);
    server.ownPermissions = ['administer'];
    change('admin');
    await heal(server, client);
    expect(client.me?.permissions).toEqual(['administer']);
    // Two changes, and the response to the first request arrives last.
    change('owner');
    await arrive(server);
    const [first] = server.requests;
    if (!first) throw new Error('expected a request');
    server.serve(first);
    server.ownPermissions = [];
    change('member');
    await arrive(server);
    const [, second] = server.requests;
    if (!second) throw new Error('expected a second request');
    server.answer(second);
    server.answer(first);
    await heal(server, client);
    expect(client.me?.permissions).toEqual([]);
  });

  test('a snapshot that an earlier version stored permits only posting', async () => {
    const { server, id } = await inGroup();
    const kept: Partial<Conversation> = server.snapshot(id);
    delete kept.permissions;
    delete kept.messagePermissions;
    delete kept.minimumRoles;
    delete kept.removableRoles;
    expect(viewOf(kept as Conversation)).toMatchObject({
      permissions: ['post', 'reply_in_threads'],
      minimumRoles: null,
      messagePermissions: { own: [], others: [] },
    });
  });

  test('permissions on a message depend on its author, and end when it is deleted', async () => {
    const { server, client, id } = await inGroup();
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    server.post(id, server.me, 'mine');
    const deleted = server.post(id, server.other, 'theirs');
    server.append(id, server.other, 'message.deleted', { message: deleted, author: server.other });
    await heal(server, client);
    server.isMute = true;
    client.post(id, 'on its way');
    await settle();
    const offered = (body: string) => {
      const message = timeline.snapshot.messages.find((m) => m.body === body);
      const shown = view(client, id);
      return message && shown && permissionsOn(shown, message, client.me);
    };
    expect(offered('mine')).toEqual(['edit', 'delete', 'react', 'pin']);
    expect(offered('old 0')).toEqual(['react', 'pin']);
    expect(offered('')).toEqual([]);
    expect(offered('on its way')).toEqual([]);
  });
});

describe('another epoch of the server', () => {
  test('another epoch is adopted once, from its end', async () => {
    const { server, client, id } = await inGroup();
    server.restore();
    await heal(server, client);
    expect(client.counters).toMatchObject({ connects: 2 });
    expect(view(client, id)).toMatchObject(server.snapshot(id));
    expect(client.cursors.get(streamOfAccount(server.me))).toBe(
      server.lastSeq(streamOfAccount(server.me)),
    );
    server.cut();
    const { resets } = client.counters;
    await heal(server, client);
    expect(client.counters.resets).toBe(resets);
  });

  test('another epoch replaces data that a new client loaded before it was connected', async () => {
    const server = new ModelServer();
    const id = server.group();
    server.join(id);
    const { client } = aClient(server);
    const cursor = {
      conversation: id,
      thread: 1,
      isFollowing: true,
      readSeq: 1,
      unreadMentions: [],
    };
    /** Answers the request for the followed threads. */
    const answer = async (asOf: number, unread: number) => {
      await settle();
      const request = server.requests.find(({ path }) => path === '/me/thread-cursors');
      if (!request) throw new Error('The threads were not requested');
      request.answer = Response.json({ readVersion: 5, items: [{ ...cursor, asOf, unread }] });
      server.answer(request);
      await settle();
    };
    await client.start(server.me);
    const loaded = client.threads.load();
    await answer(9, 1);
    await loaded;
    expect(client.snapshot.threads).toMatchObject({ isLoaded: true, unread: 1 });
    // The restore in between has undone the reply.
    await arrive(server);
    await answer(2, 0);
    expect(client.state).toBe('live');
    expect(client.snapshot.threads).toMatchObject({ isLoaded: true, unread: 0 });
  });

  test('a load that a new epoch interrupts ends with the next load', async () => {
    const server = new ModelServer();
    server.join(server.group());
    const { client } = aClient(server);
    await client.start(server.me);
    const loaded = client.threads.load().then(() => client.snapshot.threads.isLoaded);
    await settle();
    await arrive(server);
    for (;;) {
      const request = server.requests.find(({ path }) => path === '/me/thread-cursors');
      if (!request) break;
      request.answer = Response.json({ readVersion: 5, items: [] });
      server.answer(request);
      await settle();
    }
    expect(await loaded).toBe(true);
  });
});

describe('commands', () => {
  test('resolves an unknown outcome on the next socket, by the same id', async () => {
    const { server, client, id } = await inGroup();
    server.isMute = true;
    const sent = client.post(id, 'stored, but not answered');
    await settle();
    server.isMute = false;
    server.goodbye(CLOSE.restart, 'restart', 1);
    await heal(server, client);
    expect(await sent.settled).toMatchObject({ id: sent.id });
    expect(server.received.map((c) => c.id)).toEqual([sent.id, sent.id]);
    expect(server.messages(id).filter((m) => m.body.startsWith('stored'))).toHaveLength(1);
    expect(client.counters).toMatchObject({ resends: 1, connects: 2 });
  });

  test('sends a command without any answer on a healthy socket again, by the same id', async () => {
    const { server, client, id } = await inGroup();
    server.isMute = true;
    const sent = client.post(id, 'no answer');
    await settle();
    server.isMute = false;
    for (let n = 0; n < 12; n++) {
      server.ping();
      await arrive(server);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await arrive(server);
    expect(server.received.map((c) => c.id)).toEqual([sent.id, sent.id]);
    expect(client.snapshot.outbox).toEqual([]);
    expect(client.counters.connects).toBe(1);
  });

  test('an ack before the event shows one row, which keeps its place', async () => {
    const { server, client, id } = await inGroup();
    server.acksFirst = true;
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    client.post(id, 'mine');
    await settle();
    expect(timeline.snapshot.messages.at(-1)).toMatchObject({ body: 'mine', state: 'pending' });
    for (let n = 0; n < 3; n++) {
      const own = timeline.snapshot.messages.filter((m) => m.body === 'mine');
      expect(own).toHaveLength(1);
      server.deliver(1);
      await settle();
    }
    expect(timeline.snapshot.messages.at(-1)).toMatchObject({ body: 'mine', state: 'stored' });
  });

  test('pins and unpins a message with commands that survive a lost connection', async () => {
    const { server, client, id } = await inGroup();
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    const message = server.messages(id)[0] as Message;
    const pinned = () => timeline.snapshot.messages.find((m) => m.seq === message.seq)?.pinned;
    expect(pinned()).toBeNull();
    server.isMute = true;
    const sent = client.pin(id, message.seq);
    await settle();
    server.cut();
    server.isMute = false;
    await heal(server, client);
    const { seq } = await sent.settled;
    expect(server.received.map((c) => [c.id, c.op])).toEqual([
      [sent.id, 'pin'],
      [sent.id, 'pin'],
    ]);
    expect(server.log(id)[seq - 1]).toMatchObject({ type: 'message.pinned', client: sent.id });
    expect(pinned()).toEqual({ by: server.me, at: server.log(id)[seq - 1]?.at });
    const undone = client.unpin(id, message.seq);
    await heal(server, client);
    await undone.settled;
    expect(pinned()).toBeNull();
    expect(client.snapshot.outbox).toEqual([]);
  });

  test('creates one command for two calls with the same id, and answers both', async () => {
    const { server, client, id } = await inGroup();
    const one = client.post(id, 'answer', { id: '00000000-0000-8000-8000-000000000001' as never });
    const two = client.post(id, 'answer', { id: one.id });
    await settle();
    const three = client.post(id, 'answer', { id: one.id });
    expect(client.snapshot.outbox).toHaveLength(1);
    await heal(server, client);
    const acks = await Promise.all([one.settled, two.settled, three.settled]);
    expect(new Set(acks.map((ack) => ack.seq)).size).toBe(1);
    expect(server.received).toHaveLength(1);
    // Later too: the server knows the id.
    client.post(id, 'answer', { id: one.id });
    await heal(server, client);
    expect(server.messages(id).filter((m) => m.body === 'answer')).toHaveLength(1);
  });

  test('lets a permanently refused command be retried or discarded', async () => {
    const { server, client, id } = await inGroup();
    server.refusing = { code: 'forbidden' };
    const nacks: string[] = [];
    client.on('nack', ({ entry }) => nacks.push(entry.id));
    const sent = client.post(id, 'refused');
    const refused = expect(sent.settled).rejects.toMatchObject({
      refusal: { code: 'forbidden' },
    });
    await heal(server, client);
    await refused;
    expect(nacks).toEqual([sent.id]);
    expect(client.snapshot.outbox.map((e) => e.state)).toEqual(['failed']);
    expect(client.timeline(id).snapshot.messages.at(-1)).toMatchObject({ state: 'failed' });
    server.refusing = null;
    const again = client.retry(sent.id);
    expect(again?.id).not.toBe(sent.id);
    await heal(server, client);
    expect(server.messages(id).at(-1)?.body).toBe('refused');
    expect(client.snapshot.outbox).toEqual([]);
    expect(client.retry(sent.id)).toBeNull();
  });

  test('shows an own message once, whether its event or its ack arrives first', async () => {
    for (const acksFirst of [false, true]) {
      const { server, client, id } = await inGroup();
      server.acksFirst = acksFirst;
      const timeline = client.timeline(id);
      void timeline.open();
      await heal(server, client);
      client.post(id, 'hello');
      await settle();
      const shown = () =>
        timeline.snapshot.messages.filter((m) => m.body === 'hello').map((m) => [m.body, m.state]);
      expect(shown()).toEqual([['hello', 'pending']]);
      expect(server.queued.map((frame) => frame.op)).toEqual(
        acksFirst ? ['ack', 'event'] : ['event', 'ack'],
      );
      server.deliver(1);
      expect(shown()).toEqual([['hello', 'stored']]);
      server.deliver(1);
      expect(shown()).toEqual([['hello', 'stored']]);
    }
  });

  test('creates one command with a new id for each call', async () => {
    const { server, client, id: conversation } = await inGroup();
    server.isMute = true;
    const [message, seq, quoted] = [2, 3, 1].map((n) => n as Seq) as [Seq, Seq, Seq];
    const sent = [
      client.post(conversation, 'hi'),
      client.post(conversation, 'ho', { replyTo: quoted }),
      client.edit(conversation, message, 'hey'),
      client.remove(conversation, message),
      client.react(conversation, message, '👍'),
      client.unreact(conversation, message, '👎'),
      client.pin(conversation, message),
      client.unpin(conversation, message),
      client.read(conversation, seq, { unread: true }),
    ];
    expect(client.snapshot.outbox.map((e) => e.command)).toEqual([
      { op: 'post', id: sent[0]?.id, conversation, body: 'hi' },
      { op: 'post', id: sent[1]?.id, conversation, body: 'ho', replyTo: quoted },
      { op: 'edit', id: sent[2]?.id, conversation, message, body: 'hey' },
      { op: 'delete', id: sent[3]?.id, conversation, message },
      { op: 'react', id: sent[4]?.id, conversation, message, emoji: '👍' },
      { op: 'unreact', id: sent[5]?.id, conversation, message, emoji: '👎' },
      { op: 'pin', id: sent[6]?.id, conversation, message },
      { op: 'unpin', id: sent[7]?.id, conversation, message },
      { op: 'read', id: sent[8]?.id, conversation, seq, unread: true, revision: 0 },
    ]);
    expect(new Set(sent.map((one) => one.id)).size).toBe(sent.length);
  });

  test('keeps a refused post over a restart, and sends it only on request', async () => {
    const { server, client, store } = await aLiveClient();
    const id = server.group();
    server.join(id);
    await heal(server, client);
    server.refusing = { code: 'forbidden' };
    const refused = client.post(id, 'refused');
    await heal(server, client);
    server.refusing = null;
    await client.stop();
    const { client: next } = await aLiveClient(server, store);
    expect(next.snapshot.outbox).toMatchObject([
      { id: refused.id, state: 'failed', failure: { code: 'forbidden' } },
    ]);
    expect(server.messages(id)).toEqual([]);
    const later = next.post(id, 'later');
    expect(next.snapshot.outbox.map((e) => e.id)).toEqual([refused.id, later.id]);
    next.retry(refused.id);
    await heal(server, next);
    expect(server.messages(id).map((m) => m.body)).toEqual(['later', 'refused']);
    await next.stop();
    const { client: last } = await aLiveClient(server, store);
    expect(last.snapshot.outbox).toEqual([]);
  });

  test('sends a new post after one that a device with a fast clock has stored', async () => {
    const server = new ModelServer();
    const id = server.group();
    server.join(id);
    const store = new MemoryStore();
    const command = { op: 'post', id: 'earlier', conversation: id, body: 'earlier' };
    await store.putOutbox({
      id: command.id as ClientId,
      order: Date.now() + 3_600_000,
      command: command as DurableCommand,
      createdAt: Date.now(),
      state: 'pending',
      owner: 'a closed tab',
    });
    const { client } = aClient(server, store);
    await client.start(server.me);
    client.post(id, 'later');
    await heal(server, client);
    expect(server.messages(id).map((m) => m.body)).toEqual(['earlier', 'later']);
  });

  test('sends a post again after its id was refused', async () => {
    const { server, client, id } = await inGroup();
    server.refusing = { code: 'forbidden' };
    const sent = client.post(id, 'refused');
    await heal(server, client);
    server.refusing = null;
    client.post(id, 'refused', { id: sent.id });
    expect(client.snapshot.outbox.map((e) => e.state)).toEqual(['pending']);
    await heal(server, client);
    expect(server.messages(id).at(-1)?.body).toBe('refused');
    expect(client.snapshot.outbox).toEqual([]);
  });
});

describe('a reload without the network', () => {
  test('a reload without the network shows the stored data', async () => {
    const flush = async () => {
      for (let i = 0; i < 20; i++) {
        await vi.advanceTimersByTimeAsync(10);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const server = new ModelServer();
    const id = server.group();
    server.join(id);
    const { client } = aClient(server, new IndexedDbStore());
    void client.start(server.me);
    await flush();
    await heal(server, client);
    const seq = server.post(id, server.other, 'one');
    server.post(id, server.me, 'two');
    server.append(id, server.other, 'message.edited', { message: seq, body: 'one, edited' });
    await heal(server, client);
    await flush();
    void client.stop();
    server.cut();
    await flush();
    server.isReachable = false;
    const { client: reloaded } = aClient(server, new IndexedDbStore());
    void reloaded.start(server.me);
    reloaded.networkLost();
    const timeline = reloaded.timeline(id);
    await flush();
    expect(timeline.snapshot.messages.map((m) => m.body)).toEqual(['one, edited', 'two']);
    expect(reloaded.cursors.get(id as unknown as StreamId)).toBe(server.lastSeq(id));
    void reloaded.forget();
    await flush();
  });
});
