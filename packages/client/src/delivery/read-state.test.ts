import 'fake-indexeddb/auto';
import type {
  AccountId,
  ClientId,
  Conversation,
  ConversationId,
  ReadCursor,
  Seq,
  ServerFrame,
} from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aLiveClient, heal, settle } from '../../test/support/model-client.ts';
import { ModelServer } from '../../test/support/model-server.ts';
import { ApiError } from '../api/api-error.ts';
import type { ParleyClient } from '../client.ts';
import { viewOf } from '../conversations/conversations.ts';
import { ClientState } from '../state/state.ts';
import type { OutboxEntry } from '../storage/store.ts';
import { ReadState, type ReadStateDeps } from './read-state.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

/** A live client in a group with three messages of the other member. */
async function inGroup() {
  const server = new ModelServer();
  const id = server.group();
  for (let n = 0; n < 3; n++) server.post(id, server.other, `old ${n}`);
  server.join(id);
  return { ...(await aLiveClient(server)), id };
}

/** Delivers everything in flight to the client, without answering anything. */
async function arrive(server: ModelServer): Promise<void> {
  server.deliver(Number.MAX_SAFE_INTEGER);
  await settle();
}

const view = (client: ParleyClient, id: ConversationId) => client.snapshot.conversations.get(id);

const isReport = (frame: ServerFrame) => frame.op === 'read';

/** Removes the frames in flight for which this holds, and returns them. */
function take(server: ModelServer, which: (frame: ServerFrame) => boolean): ServerFrame[] {
  const taken = server.queued.filter(which);
  const rest = server.queued.filter((frame) => !which(frame));
  server.queued.splice(0, server.queued.length, ...rest);
  return taken;
}

describe('a read cursor that was reported', () => {
  test('an older snapshot of a conversation does not replace a reported read cursor', async () => {
    const { server, client, id } = await inGroup();
    server.leave(id);
    for (let n = 0; n < 3; n++) server.post(id, server.other, `meanwhile ${n}`);
    await arrive(server);
    server.join(id);
    // Another device reads while the server creates the snapshot.
    server.read(id, (server.lastSeq(id) - 1) as Seq);
    server.queued.unshift(...take(server, isReport));
    await arrive(server);
    await heal(server, client);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
  });

  test('a reload of a conversation with older data does not replace a reported read cursor', async () => {
    const { server, client, id } = await inGroup();
    server.append(id, server.other, 'member.role_changed', { account: server.me, role: 'admin' });
    await arrive(server);
    const [request] = server.requests;
    expect(request?.path).toBe(`/conversations/${id}`);
    if (request) server.serve(request);
    server.read(id, 4 as Seq, true);
    await arrive(server);
    expect(view(client, id)).toMatchObject({ readSeq: 4, readRevision: 1 });
    if (request) server.answer(request);
    await settle();
    await heal(server, client);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
  });

  test('counts messages that arrive later than a snapshot that contains them', async () => {
    const { server, client, id } = await inGroup();
    server.append(id, server.other, 'member.role_changed', { account: server.me, role: 'admin' });
    await arrive(server);
    const [request] = server.requests;
    server.read(id, server.lastSeq(id));
    server.post(id, server.other, 'in flight');
    if (request) server.answer(request);
    await settle();
    expect(view(client, id)).toMatchObject({ unread: 1 });
    await arrive(server);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
  });

  test('the answer to an older request does not undo a reported read cursor', async () => {
    const { server, client, id } = await inGroup();
    // The cursors are loaded when the server has answered the mark.
    client.read(id, 4 as Seq, { unread: true });
    await vi.advanceTimersByTimeAsync(1_000);
    await arrive(server);
    const request = server.requests.find(({ path }) => path === '/me/cursors');
    expect(request).toBeDefined();
    if (request) server.serve(request);
    server.read(id, 5 as Seq);
    await arrive(server);
    if (request) server.answer(request);
    await settle();
    await heal(server, client);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
  });

  test('the answer to a request from before a restore of the server does not replace a read cursor', async () => {
    const { server, client, id } = await inGroup();
    for (let n = 0; n < 3; n++) server.read(id, 4 as Seq, true);
    take(server, isReport);
    server.ping();
    await arrive(server);
    const request = server.requests.find(({ path }) => path === '/me/cursors');
    expect(request).toBeDefined();
    if (request) server.serve(request);
    server.restore(0);
    await vi.advanceTimersByTimeAsync(2_000);
    await arrive(server);
    if (request) server.answer(request);
    await settle();
    server.read(id, 5 as Seq, true);
    await heal(server, client);
    expect(view(client, id)).toMatchObject(server.snapshot(id));
  });
});

/** The read state of an account with one conversation, whose requests the test answers. */
function alone() {
  const C = 'c' as ConversationId;
  const calls: string[] = [];
  const requests: {
    answer(readVersion: number, readSeq?: number): void;
    fail(e: unknown): void;
  }[] = [];
  const state = new ClientState(
    () => [],
    () => undefined,
  );
  const snapshot = { id: C, kind: 'group', readSeq: 2, readRevision: 0, unread: 3, lastSeq: 9 };
  state.setView(viewOf({ ...snapshot, unreadMentions: [] } as unknown as Conversation));
  state.change({ me: { id: 'me' as AccountId } as never });
  const cursor = (readSeq: number, revision = 0) =>
    ({ conversation: C, readSeq, revision, unread: 0, unreadMentions: [], asOf: 9 }) as never;
  let failing: unknown = null;
  const load = (name: string) => async () => {
    calls.push(name);
    if (failing) throw failing;
  };
  const readState = new ReadState({
    api: {
      cursors: () =>
        new Promise((resolve, reject) => {
          requests.push({
            answer: (readVersion, readSeq = 5) =>
              resolve({ readVersion, items: [cursor(readSeq) as ReadCursor] }),
            fail: reject,
          });
        }),
    },
    state,
    local: { window: () => undefined, streams: { at: () => undefined } },
    loaded: {
      drafts: { reload: load('drafts'), arrived: (v: number) => calls.push(`arrived ${v}`) },
      threads: { reload: load('threads') },
      activity: { missed: () => calls.push('activity') },
    },
  } as unknown as ReadStateDeps);
  readState.begin(10);
  return {
    ...{ C, readState, requests, cursor, state },
    calls: () => calls.splice(0),
    fail: (error: unknown) => {
      failing = error;
    },
    readSeq: () => state.view(C)?.readSeq,
  };
}

describe('the versions of the read state', () => {
  test('each is applied once, and a missed one requests all cursors', async () => {
    const { readState, requests, cursor, calls, readSeq } = alone();
    readState.moved(11, cursor(4));
    expect([readSeq(), calls(), requests.length]).toEqual([4, ['arrived 11'], 0]);
    // The same version again, and an earlier one.
    readState.moved(11, cursor(7));
    readState.moved(10, cursor(7));
    expect([readSeq(), calls()]).toEqual([4, []]);
    readState.moved(13, cursor(5));
    readState.moved(14, cursor(6));
    expect([readSeq(), requests.length]).toEqual([6, 1]);
    requests[0]?.answer(14, 8);
    await settle();
    expect(readSeq()).toBe(8);
    expect(calls()).toEqual(['arrived 13', 'arrived 14', 'drafts', 'threads', 'activity']);
    readState.reported(14);
    expect(requests).toHaveLength(1);
    readState.reported(15);
    expect(requests).toHaveLength(2);
  });

  test('an answer older than a reported version is followed by another, three times in all', async () => {
    const { readState, requests, cursor, readSeq } = alone();
    readState.moved(12, cursor(4));
    requests[0]?.answer(11, 5);
    await settle();
    requests[1]?.answer(9, 3);
    await settle();
    requests[2]?.answer(11, 6);
    await settle();
    expect([requests.length, readSeq()]).toEqual([3, 6]);
    // The next ping tries again.
    readState.reported(12);
    expect(requests).toHaveLength(4);
    requests[3]?.answer(12, 7);
    await settle();
    readState.reported(12);
    expect([requests.length, readSeq()]).toEqual([4, 7]);
  });

  test('a failed request is repeated at the next ping', async () => {
    const { readState, requests } = alone();
    readState.reported(11);
    requests[0]?.fail(new ApiError('network', ''));
    await settle();
    expect(requests).toHaveLength(1);
    readState.reported(11);
    expect(requests).toHaveLength(2);
  });

  test('an answer to a request from before a `ready` is ignored', async () => {
    const { readState, requests, readSeq, calls } = alone();
    readState.reported(11);
    readState.begin(20);
    requests[0]?.answer(20, 8);
    await settle();
    expect([readSeq(), calls(), requests.length]).toEqual([2, [], 2]);
  });

  test('drafts and threads that could not be loaded are loaded again at a ping', async () => {
    const { readState, calls, fail } = alone();
    readState.refreshDrafts(10);
    await settle();
    readState.reported(10);
    expect(calls()).toEqual(['drafts', 'threads']);
    fail(new ApiError('network', ''));
    readState.refreshDrafts(10);
    await settle();
    fail(null);
    calls();
    readState.reported(10);
    await settle();
    readState.reported(10);
    expect(calls()).toEqual(['drafts', 'threads']);
    fail(new ApiError('network', ''));
    readState.refreshDrafts(10);
    await settle();
    // A new connection loads them itself.
    readState.begin(10);
    calls();
    readState.reported(10);
    expect(calls()).toEqual([]);
  });

  test('after the last assumed mark is answered, all cursors are requested', () => {
    const { readState, requests, C, cursor, readSeq, state } = alone();
    const [first, second] = ['a', 'b'] as ClientId[] as [ClientId, ClientId];
    readState.assume(first);
    readState.assume(second);
    const view = state.view(C);
    if (view) state.setView({ ...view, readRevision: 1 });
    // From before this device marked the conversation as unread.
    readState.moved(11, cursor(9, 0));
    expect(readSeq()).toBe(2);
    readState.answered('unknown');
    readState.answered(first);
    readState.answered(first);
    expect(requests).toHaveLength(0);
    readState.answered(second);
    expect(requests).toHaveLength(1);
    readState.ignored();
    expect(requests).toHaveLength(1);
  });

  test('a mark that is not acknowledged counts, unless it is behind or was undone', () => {
    const mark = (id: string, seq: number, more: object = {}) =>
      ({ id, command: { op: 'read', conversation: 'c', seq, ...more } }) as unknown as OutboxEntry;
    const applied = (...entries: OutboxEntry[]) => {
      const { readState, requests, C, readSeq } = alone();
      readState.applyUnanswered(C, entries);
      for (const { id } of entries) readState.answered(id);
      return [readSeq(), requests.length];
    };
    expect(applied(mark('a', 6))).toEqual([6, 1]);
    expect(applied(mark('a', 6, { revision: 0 }), mark('b', 8))).toEqual([8, 1]);
    expect(applied(mark('a', 2))).toEqual([2, 0]);
    expect(applied(mark('a', 6, { revision: 1 }))).toEqual([2, 0]);
    expect(applied(mark('a', 6, { unread: true }))).toEqual([2, 0]);
    expect(applied(mark('a', 6, { conversation: 'd' }))).toEqual([2, 0]);
    expect(applied(mark('a', 6, { op: 'post' }))).toEqual([2, 0]);
  });

  test('a snapshot that is behind a reported or shown cursor requests all cursors', () => {
    const requested = (before: object | undefined, reported?: [number, number]) => {
      const { readState, requests, C, cursor, state } = alone();
      if (reported) {
        readState.moved(11, cursor(...reported));
        const { readSeq: _, readRevision: __, ...rest } = state.view(C) as never as Conversation;
        state.setView({ ...rest, readSeq: 2, readRevision: 0 } as never);
      }
      readState.replaced(C, before as never);
      readState.replaced('d' as ConversationId, before as never);
      return requests.length;
    };
    expect(requested(undefined)).toBe(0);
    expect(requested({ readRevision: 0, readSeq: 2 })).toBe(0);
    expect(requested({ readRevision: 0, readSeq: 3 })).toBe(1);
    expect(requested({ readRevision: 1, readSeq: 1 })).toBe(1);
    expect(requested({ readRevision: -1, readSeq: 9 })).toBe(0);
    expect(requested(undefined, [2, 0])).toBe(0);
    expect(requested(undefined, [3, 0])).toBe(1);
    expect(requested(undefined, [1, 1])).toBe(1);
  });
});
