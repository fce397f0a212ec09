import type { ClientId, ConversationId, FileId, Seq, ServerFrame } from '@parley/protocol';
import { DEFAULT_LAYOUT, NOTIFICATION_DEFAULTS } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FullStore } from '../test/support/full-store.ts';
import { aClient, aLiveClient, heal, settle } from '../test/support/model-client.ts';
import { ModelServer } from '../test/support/model-server.ts';
import type { ParleyClient } from './client.ts';
import type { WaitingChange } from './storage/waiting-changes.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

/** A live client in a group with three messages of the other member, and the frames that it sends. */
async function inGroup(store = new FullStore()) {
  const server = new ModelServer();
  const id = server.group();
  for (let n = 0; n < 3; n++) server.post(id, server.other, `old ${n}`);
  server.join(id);
  const sent: { op: string; [field: string]: unknown }[] = [];
  const { client } = aClient(server, store, {
    socket: (url, handlers) => {
      const socket = server.socket(url, handlers);
      const send = (text: string) => {
        sent.push(JSON.parse(text));
        socket.send(text);
      };
      return { ...socket, send };
    },
  });
  await client.start(server.me);
  await heal(server, client);
  const frames = () => sent.splice(0).filter(({ op }) => op !== 'pong');
  frames();
  return { server, client, id, frames };
}

const view = (client: ParleyClient, id: ConversationId) => client.snapshot.conversations.get(id);

describe('a client', () => {
  test('reports the activity of its user, again on each connection', async () => {
    const { server, client, frames } = await inGroup();
    client.setPresence('idle');
    expect(frames()).toEqual([{ op: 'presence', state: 'idle' }]);
    server.cut();
    await heal(server, client);
    expect(frames().map(({ op, state }) => [op, state])).toEqual([
      ['hello', undefined],
      ['presence', 'idle'],
    ]);
    client.setPresence('active');
    expect(frames()).toEqual([{ op: 'presence', state: 'active' }]);
    server.cut();
    await heal(server, client);
    expect(frames().map(({ op }) => op)).toEqual(['hello']);
  });

  test('sends that its user is typing, but not with each key', async () => {
    const { client, id, frames } = await inGroup();
    client.typing(id);
    client.typing(id);
    expect(frames()).toEqual([{ op: 'typing', conversation: id }]);
    await vi.advanceTimersByTimeAsync(2_500);
    client.typing(id);
    expect(frames()).toHaveLength(1);
  });

  test('posts with everything that was chosen, and nothing else', async () => {
    const { server, client, id, frames } = await inGroup();
    const file = 'f' as FileId;
    const seq = 3 as Seq;
    client.post(id, 'plain', { id: 'own' as ClientId, attachments: [] });
    client.post(id, 'full', {
      ...{ replyTo: seq, thread: seq, alsoInConversation: true, attachments: [file] },
    });
    client.post(id, 'reply', { thread: seq, alsoInConversation: false });
    client.post(id, 'not in a thread', { alsoInConversation: true });
    await heal(server, client);
    const [plain, full, reply, other] = frames().map(({ id: _, ...frame }) => frame);
    const base = { op: 'post', conversation: id };
    expect(plain).toEqual({ ...base, body: 'plain' });
    expect(full).toEqual({
      ...{ ...base, body: 'full', replyTo: 3, thread: 3, alsoInConversation: true },
      attachments: ['f'],
    });
    expect(reply).toEqual({ ...base, body: 'reply', thread: 3 });
    expect(other).toEqual({ ...base, body: 'not in a thread' });
    expect(server.log(id).at(-4)?.client).toBe('own');
  });

  test('reads forward at once, and back only on request, unless the mark was moved back elsewhere', async () => {
    const { server, client, id, frames } = await inGroup();
    const last = server.lastSeq(id);
    client.read(id, last);
    expect(view(client, id)).toMatchObject({ readSeq: last, unread: 0 });
    await heal(server, client);
    client.read(id, 1 as Seq);
    expect(view(client, id)?.readSeq).toBe(last);
    client.read(id, 1 as Seq, { unread: true });
    expect(view(client, id)).toMatchObject({ readSeq: 1, readRevision: 1 });
    await heal(server, client);
    expect(view(client, id)).toMatchObject({ readSeq: 1, readRevision: 1, unread: 3 });
    const sent = frames().map(({ id: _, ...frame }) => frame);
    const base = { op: 'read', conversation: id };
    expect(sent[0]).toEqual({ ...base, seq: last, revision: 0 });
    expect(sent.at(-1)).toEqual({ ...base, seq: 1, unread: true, revision: 0 });
    const other = server.group(2);
    client.read(other, 1 as Seq);
    await heal(server, client);
    expect(frames().map(({ id: _, ...frame }) => frame)).toEqual([
      { op: 'read', conversation: other, seq: 1 },
    ]);
  });

  test('retries and discards only what was refused', async () => {
    const { server, client, id } = await inGroup();
    expect(client.retry('unknown' as ClientId)).toBeNull();
    server.refusing = { code: 'forbidden' };
    const post = client.post(id, 'refused');
    await heal(server, client);
    await expect(post.settled).rejects.toMatchObject({ refusal: { code: 'forbidden' } });
    server.refusing = null;
    const again = client.retry(post.id);
    await heal(server, client);
    expect(again?.id).not.toBe(post.id);
    expect([client.snapshot.outbox, server.messages(id).at(-1)?.body]).toEqual([[], 'refused']);
    server.refusing = { code: 'forbidden' };
    const other = client.post(id, 'to be discarded');
    await heal(server, client);
    expect(client.snapshot.outbox).toMatchObject([{ id: other.id, state: 'failed' }]);
    client.discard(other.id);
    expect(client.snapshot.outbox).toEqual([]);
  });

  test('is live once everything has arrived, and says so to those who wait', async () => {
    const server = new ModelServer();
    const { client } = aClient(server);
    const live: number[] = [];
    void client.whenLive().then(() => live.push(1));
    await client.start(server.me);
    await settle();
    void client.whenLive().then(() => live.push(2));
    expect(live).toEqual([]);
    await heal(server, client);
    expect([live, client.snapshot.state, client.snapshot.retryAt]).toEqual([[1, 2], 'live', null]);
    await client.whenLive();
    server.cut();
    await settle();
    const { state, retryAt } = client.snapshot;
    expect([state, (retryAt ?? 0) > Date.now()]).toEqual(['offline', true]);
    client.nudge();
    await settle();
    expect(client.snapshot.state).toBe('connecting');
    await heal(server, client);
    client.networkLost();
    expect(client.state).toBe('offline');
  });

  test('shows who has read what, as listed and as reported', async () => {
    const { server, client, id } = await inGroup();
    const loading = client.loadReceipts(id);
    await settle();
    const [request] = server.requests;
    if (!request) throw new Error('The members were not requested');
    expect(request.path).toContain(`/conversations/${id}/members`);
    const items = [
      { account: server.other, readSeq: 3 },
      { account: server.me, readSeq: 4 },
      { account: 'x', readSeq: null },
    ];
    request.answer = Response.json({ items, next: null });
    server.answer(request);
    await loading;
    expect([...(view(client, id)?.receipts ?? [])]).toEqual([[server.other, 3]]);
    const receipt = { op: 'receipt', conversation: id, account: server.other, readSeq: 4 };
    server.push(receipt as ServerFrame);
    await heal(server, client);
    expect([...(view(client, id)?.receipts ?? [])]).toEqual([[server.other, 4]]);
  });

  test('finds the messages on this device', async () => {
    const { server, client, id } = await inGroup();
    server.post(id, server.other, 'a needle');
    await heal(server, client);
    const bodies = (query: string) =>
      client.searchLocally(query).items.map(({ message }) => message.body);
    expect([bodies('needle'), bodies('from:me needle')]).toEqual([['a needle'], []]);
    expect(aClient(server).client.searchLocally('needle').items).toEqual([]);
  });

  test('stores the events between messages of its groups, while it is a member', async () => {
    const { server, client, id } = await inGroup();
    server.append(id, server.other, 'conversation.updated', { name: 'new' });
    server.append(id, server.other, 'message.pinned', { message: 1 });
    await heal(server, client);
    const stored = async () => {
      const reading = client.storedTimelineEvents(id);
      await vi.advanceTimersByTimeAsync(10);
      return (await reading).map(({ type }) => type);
    };
    expect(await stored()).toContain('conversation.updated');
    const before = (await stored()).length;
    const load = async (between: () => void) => {
      const loading = client.timelineEvents(id, 0 as Seq);
      await settle();
      const request = server.requests.find(({ path }) => path.includes('events'));
      if (!request) throw new Error('The events were not requested');
      between();
      await vi.advanceTimersByTimeAsync(10);
      request.answer = Response.json({ items: [server.log(id)[0]], next: null });
      server.answer(request);
      const loaded = await loading;
      await vi.advanceTimersByTimeAsync(10);
      return loaded.length;
    };
    expect(await load(() => undefined)).toBe(1);
    expect(await stored()).toHaveLength(before + 1);
    const left = () => {
      server.leave(id);
      server.deliver(Number.MAX_SAFE_INTEGER);
    };
    await load(left);
    expect([view(client, id), await stored()]).toEqual([undefined, []]);
  });

  test('shows what it has stored before there is a connection, and sends what waits once there is', async () => {
    const store = new FullStore();
    const changes = new Map<string, WaitingChange>();
    Object.assign(store, {
      putChange: async (change: WaitingChange) => void changes.set(change.id, change),
      removeChange: async (changeId: string) => void changes.delete(changeId),
      changes: async () => [...changes.values()],
    });
    const { server, client, id } = await inGroup(store);
    const answer = async (path: string, body: object) => {
      await settle();
      const request = server.requests.find((one) => one.path === path);
      if (!request) throw new Error(`${path} was not requested`);
      request.answer = Response.json(body);
      server.answer(request);
      await settle();
    };
    const layout = { ...DEFAULT_LAYOUT, unreadOnly: true };
    void client.sidebar.load();
    await answer('/me/sidebar', { ...layout, placements: [], closed: [], seq: 3 });
    const settings = { ...NOTIFICATION_DEFAULTS, level: 'mentions' };
    void client.notifications.load();
    await answer('/me/notifications', { settings, seq: 3, overrides: [] });
    await vi.advanceTimersByTimeAsync(10);
    await client.stop();
    // No timer is left.
    expect(vi.getTimerCount()).toBe(0);

    server.isReachable = false;
    const { client: next } = aClient(server, store);
    await next.start(server.me);
    await settle();
    expect([...next.snapshot.conversations.keys()]).toEqual([id]);
    expect(next.me?.id).toBe(server.me);
    expect(next.snapshot.sidebar).toMatchObject({ isLoaded: false, layout });
    expect(next.snapshot.notifications).toMatchObject({ isKnown: true, settings });
    void next.changeLocale('de-AT');
    void next.sidebar.setUnreadOnly(false);
    void next.notifications.change({ level: 'all' });
    await settle();
    expect([next.snapshot.waitingChanges, changes.size]).toEqual([3, 3]);
    server.isReachable = true;
    await vi.advanceTimersByTimeAsync(20_000);
    server.deliver(Number.MAX_SAFE_INTEGER);
    await settle();
    expect(next.state).toBe('live');
    expect(server.requests.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/me', '/me/notifications', '/me/sidebar']),
    );
    await next.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('reloads its account on request', async () => {
    const { server, client } = await aLiveClient();
    const refreshed = client.refreshMe();
    await settle();
    server.ownRole = 'admin';
    for (const request of [...server.requests]) server.answer(request);
    await refreshed;
    expect(client.me?.role).toBe('admin');
  });
});
