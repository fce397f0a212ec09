import type { Seq } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aLiveClient, heal, settle } from '../test/support/model-client.ts';
import { ModelServer } from '../test/support/model-server.ts';

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
    }),
);
afterEach(() => void vi.useRealTimers());

/** A server with a group of which this account is a member, with so many messages in it. */
function aGroup(messages: number, replayMax = 10) {
  const server = new ModelServer();
  server.replayMax = replayMax;
  const id = server.group();
  for (let n = 0; n < messages; n++) server.post(id, server.other, `old ${n}`);
  server.join(id);
  return { server, id };
}

describe('the timeline of a new group', () => {
  test.each(['page first', 'events first', 'answered in between'])(
    'leaves the skeleton when the page and the events of joining race: %s',
    async (order) => {
      const { server, client } = await aLiveClient();
      const id = server.group();
      server.post(id, server.other, 'before');
      server.join(id);
      // The personal event and the snapshot arrive; the page opens before the stream’s own events.
      server.deliver(2);
      const timeline = client.timeline(id);
      void timeline.open();
      await settle();
      const [request] = server.requests.filter((r) => r.path.includes('/messages'));
      if (!request) throw new Error('the page was not requested');
      server.serve(request);
      if (order === 'page first') server.answer(request);
      if (order === 'page first') await settle();
      if (order === 'events first') server.deliver(10);
      if (order === 'events first') await settle();
      if (order === 'answered in between') server.answer(request);
      await heal(server, client);
      expect(timeline.snapshot).toMatchObject({ loading: null, error: null, hasOlder: false });
      expect(timeline.snapshot.messages.map((m) => m.body)).toEqual(['before']);
    },
  );

  test('loads once its window exists when it was opened before', async () => {
    const { server, client } = await aLiveClient();
    const id = server.group();
    server.post(id, server.other, 'before');
    const timeline = client.timeline(id);
    await timeline.open();
    server.join(id);
    await heal(server, client);
    expect(timeline.snapshot.messages.map((m) => m.body)).toEqual(['before']);
  });
});

describe('a timeline after a gap', () => {
  test('stands at the first unread message, and goes on from there to the end', async () => {
    const { server, id } = aGroup(60);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    server.read(id, server.lastSeq(id));
    await heal(server, client);
    const read = client.snapshot.conversations.get(id)?.readSeq as Seq;
    server.cut();
    for (let n = 0; n < 750; n++) server.post(id, server.other, `missed ${n}`);
    await heal(server, client);
    expect(client.counters.resets).toBe(1);
    const view = client.snapshot.conversations.get(id);
    expect(view).toMatchObject({ readSeq: read, unread: 100 });
    const { messages, hasNewer } = timeline.snapshot;
    expect(hasNewer).toBe(true);
    expect(messages.find((m) => m.seq > read)?.body).toBe('missed 0');
    expect(messages.some((m) => m.seq <= read)).toBe(true);
    while (timeline.snapshot.hasNewer) {
      void timeline.loadNewer();
      await heal(server, client);
    }
    server.post(id, server.other, 'now');
    await heal(server, client);
    const bodies = timeline.snapshot.messages
      .map((m) => m.body)
      .filter((b) => !b.startsWith('old'));
    expect(bodies).toEqual([...Array.from({ length: 750 }, (_, n) => `missed ${n}`), 'now']);
  });

  test('stands at the end when everything was read on another device', async () => {
    const { server, id } = aGroup(60);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    server.cut();
    for (let n = 0; n < 40; n++) server.post(id, server.other, `missed ${n}`);
    server.read(id, server.lastSeq(id));
    await heal(server, client);
    expect(client.counters.resets).toBe(1);
    expect(timeline.snapshot).toMatchObject({ hasNewer: false, loading: null });
    expect(timeline.snapshot.messages.at(-1)?.body).toBe('missed 39');
  });

  test('shows what it showed until the page is there, and never as the newest', async () => {
    const { server, id } = aGroup(30);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    server.cut();
    for (let n = 0; n < 40; n++) server.post(id, server.other, `missed ${n}`);
    while (!server.isConnected) await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    server.deliver(100);
    await settle();
    expect(timeline.snapshot).toMatchObject({ hasNewer: true, loading: 'initial' });
    expect(timeline.snapshot.messages).toHaveLength(30);
  });

  test('keeps a read mark that the server does not have yet', async () => {
    const { server, id } = aGroup(20);
    const { client } = await aLiveClient(server);
    server.read(id, 5 as Seq);
    await heal(server, client);
    server.isMute = true;
    const seq = server.lastSeq(id);
    server.cut();
    client.read(id, seq);
    while (!server.isConnected) await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    server.deliver(1);
    await settle();
    expect(client.snapshot.conversations.get(id)?.readSeq).toBe(seq);
  });

  test('on a socket that goes on reads the conversation anew', async () => {
    const { server, id } = aGroup(5);
    const { client } = await aLiveClient(server);
    // A hole of more than is replayed: the frames are lost between server and client.
    for (let n = 0; n < 20; n++) server.post(id, server.other, `lost ${n}`);
    server.queued.splice(0);
    server.ping();
    await heal(server, client);
    expect(client.snapshot.conversations.get(id)).toMatchObject(server.snapshot(id));
  });
});
