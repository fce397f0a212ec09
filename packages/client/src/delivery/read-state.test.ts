import 'fake-indexeddb/auto';
import type { ConversationId, Seq, ServerFrame } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aLiveClient, heal, settle } from '../../test/support/model-client.ts';
import { ModelServer } from '../../test/support/model-server.ts';
import type { ParleyClient } from '../client.ts';

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
