import { FileId, type Seq, SYSTEM } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aClient, aLiveClient, heal, settle } from '../../test/support/model-client.ts';
import { ModelServer } from '../../test/support/model-server.ts';

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
    }),
);
afterEach(() => void vi.useRealTimers());

/** A server with a group of which this account is a member, with this many messages in it. */
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
      // The personal event and the snapshot arrive; the page is opened before the stream’s own
      // events.
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

  test('loads once its window exists, if it was opened before', async () => {
    const { server, client } = await aLiveClient();
    const id = server.group();
    server.post(id, server.other, 'before');
    const timeline = client.timeline(id);
    await timeline.open();
    server.join(id);
    await heal(server, client);
    expect(timeline.snapshot.messages.map((m) => m.body)).toEqual(['before']);
  });

  test('loads the latest messages then, also if others are unread', async () => {
    const { server, id } = aGroup(60);
    server.read(id, 20 as Seq);
    const { client } = aClient(server);
    const started = client.start(server.me);
    const timeline = client.timeline(id);
    void timeline.open();
    await started;
    await heal(server, client);
    expect(timeline.snapshot.messages.at(-1)?.body).toBe('old 59');
    expect(timeline.snapshot).toMatchObject({ hasOlder: true, hasNewer: false, loading: null });
  });
});

describe('a prepared timeline', () => {
  /** A client that has received the group, with a timeline that was prepared before. */
  async function prepared(unread: number) {
    const { server, id } = aGroup(60);
    server.read(id, server.lastSeq(id));
    for (let n = 0; n < unread; n++) server.post(id, server.other, `new ${n}`);
    const { client } = aClient(server);
    const started = client.start(server.me);
    const timeline = client.timeline(id);
    timeline.prepare();
    await started;
    await settle();
    server.deliver(Number.MAX_SAFE_INTEGER);
    await settle();
    const pages = () =>
      server.requests.map(({ path }) => path).filter((path) => path.includes('/messages'));
    return { server, client, id, timeline, pages };
  }

  test('requests the latest messages once, as soon as the conversation is known', async () => {
    const { server, client, timeline, pages } = await prepared(0);
    expect(pages()).toEqual([expect.stringMatching(/messages\?limit=50$/)]);
    void timeline.open();
    await settle();
    expect(pages()).toHaveLength(1);
    await heal(server, client);
    expect(timeline.snapshot.messages.at(-1)?.body).toBe('old 59');
    expect(timeline.snapshot).toMatchObject({ hasOlder: true, hasNewer: false, loading: null });
  });

  test('requests the messages around the first unread one, once', async () => {
    const { server, client, id, timeline, pages } = await prepared(80);
    const readSeq = client.snapshot.conversations.get(id)?.readSeq as Seq;
    expect(pages()).toEqual([expect.stringContaining(`around=${readSeq}`)]);
    void timeline.open(readSeq);
    await settle();
    expect(pages()).toHaveLength(1);
    await heal(server, client);
    expect(timeline.snapshot.messages.map(({ body }) => body)).toContain('new 0');
    expect(timeline.snapshot).toMatchObject({ hasNewer: true, loading: null });
  });

  test('requests nothing for a conversation that the account is not in', async () => {
    const server = new ModelServer();
    const id = server.group();
    const { client } = aClient(server);
    const started = client.start(server.me);
    client.timeline(id).prepare();
    await started;
    await heal(server, client);
    expect(client.timeline(id).snapshot).toMatchObject({ messages: [], loading: null });
    expect(server.requests).toEqual([]);
  });
});

describe('a timeline after a gap', () => {
  test('opens at the first unread message, and continues from there to the end', async () => {
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

  test('opens at the end if everything was read on another device', async () => {
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

  test('shows the previous messages until the page arrives, and never as the newest', async () => {
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

  test('does not apply a conversation that its own events have overtaken', async () => {
    const { server, id } = aGroup(5);
    const { client } = await aLiveClient(server);
    for (let n = 0; n < 20; n++) server.post(id, server.other, `lost ${n}`);
    server.queued.splice(0);
    server.ping();
    server.deliver(1);
    await settle();
    server.deliver(10);
    await settle();
    const [request] = server.requests;
    if (!request) throw new Error('the conversation was not read');
    server.serve(request);
    server.post(id, server.other, 'newer');
    server.deliver(10);
    server.answer(request);
    await settle();
    expect(client.snapshot.conversations.get(id)?.lastSeq).toBe(server.lastSeq(id));
    await heal(server, client);
    expect(client.snapshot.conversations.get(id)).toMatchObject(server.snapshot(id));
  });

  test.each(['a first visit', 'a gap'])(
    '%s does not hide the last message before it',
    async (which) => {
      const { server, id } = aGroup(3);
      const known = which === 'a gap';
      if (!known) server.post(id, server.other, 'the last before');
      const { client } = await aLiveClient(server);
      if (known) {
        server.cut();
        for (let n = 0; n < 20; n++) server.post(id, server.other, `missed ${n}`);
        await heal(server, client);
      }
      // Enough that opening requests no page.
      for (let n = 0; n < 30; n++) server.post(id, server.other, `new ${n}`);
      await heal(server, client);
      const timeline = client.timeline(id);
      void timeline.open();
      await heal(server, client);
      void timeline.loadOlder();
      await heal(server, client);
      const shown = timeline.snapshot.messages.map((m) => m.body);
      expect(shown).toEqual(server.messages(id).map((m) => m.body));
    },
  );

  test('opens at the first missed message on a socket that stays open, before the count of unread ones arrives', async () => {
    const { server, id } = aGroup(60);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open();
    server.read(id, server.lastSeq(id));
    await heal(server, client);
    expect(client.snapshot.conversations.get(id)?.unread).toBe(0);
    for (let n = 0; n < 40; n++) server.post(id, server.other, `lost ${n}`);
    server.queued.splice(0);
    server.ping();
    await heal(server, client);
    expect(timeline.snapshot.hasNewer).toBe(true);
    expect(timeline.snapshot.messages.map((m) => m.body)).toContain('lost 0');
  });

  test('reloads the conversation on a socket that stays open', async () => {
    const { server, id } = aGroup(5);
    const { client } = await aLiveClient(server);
    // A gap of more events than are replayed: the frames are lost between server and client.
    for (let n = 0; n < 20; n++) server.post(id, server.other, `lost ${n}`);
    server.queued.splice(0);
    server.ping();
    await heal(server, client);
    expect(client.snapshot.conversations.get(id)).toMatchObject(server.snapshot(id));
  });
});

/** A timeline that is opened around its 20th message, far from the newest ones. */
async function farBack() {
  const { server, id } = aGroup(200);
  const { client } = await aLiveClient(server);
  const timeline = client.timeline(id);
  const at = server.messages(id)[20]?.seq as Seq;
  void timeline.open(at);
  await heal(server, client);
  return { server, client, timeline, id, at };
}

describe('a timeline far back', () => {
  test('shows the messages around one, and that there are more on both sides', async () => {
    const { server, client, timeline, at } = await farBack();
    const { messages, hasOlder, hasNewer } = timeline.snapshot;
    expect(messages.map((m) => m.seq)).toContain(at);
    expect({ hasOlder, hasNewer }).toEqual({ hasOlder: false, hasNewer: true });
    const { length } = messages;
    void timeline.loadNewer();
    await heal(server, client);
    expect(timeline.snapshot.messages).toHaveLength(length + 50);
  });

  test('loads older messages in front of its own, up to the first one', async () => {
    const { server, id } = aGroup(200);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    const all = server.messages(id).map((m) => m.seq);
    void timeline.open(all[120]);
    await heal(server, client);
    const shown = () => timeline.snapshot.messages.map((m) => m.seq);
    const end = all.indexOf(shown().at(-1) as Seq) + 1;
    for (let page = 0; timeline.snapshot.hasOlder && page < 10; page++) {
      void timeline.loadOlder();
      await heal(server, client);
      expect(shown()).toEqual(all.slice(end - shown().length, end));
    }
    expect(shown()).toEqual(all.slice(0, end));
    expect(timeline.snapshot).toMatchObject({ hasOlder: false, hasNewer: true });
  });

  test('applies changes to its messages, but not posts at the end', async () => {
    const { server, client, timeline, id, at } = await farBack();
    const { length } = timeline.snapshot.messages;
    server.append(id, server.other, 'message.edited', { message: at, body: 'edited' });
    server.post(id, server.other, 'new');
    await heal(server, client);
    expect(timeline.snapshot.messages).toHaveLength(length);
    expect(timeline.snapshot.messages.find((m) => m.seq === at)?.body).toBe('edited');
  });

  test('drops expired messages, and continues with the rest', async () => {
    const { server, client, timeline, id } = await farBack();
    const { messages } = timeline.snapshot;
    const expire = async (message: Seq | undefined) => {
      server.append(id, SYSTEM, 'message.deleted', { message, author: server.other });
      await heal(server, client);
    };
    await expire(messages[9]?.seq);
    expect(timeline.snapshot).toMatchObject({ hasOlder: false, hasNewer: true });
    expect(timeline.snapshot.messages).toEqual(messages.slice(10));
    const next = server.messages(id)[100]?.seq;
    await expire(server.messages(id)[99]?.seq);
    expect(timeline.snapshot.messages[0]?.seq).toBe(next);
    expect(timeline.snapshot).toMatchObject({ hasOlder: false, loading: null });
  });

  test('applies more changes than are kept for pages in flight', async () => {
    const { server, client, timeline, id, at } = await farBack();
    const other = server.messages(id)[150]?.seq;
    server.append(id, server.other, 'message.edited', { message: at, body: 'edited' });
    for (let n = 0; n < 1_100; n++) {
      server.append(id, server.other, 'message.edited', { message: other, body: `${n}` });
    }
    await heal(server, client);
    expect(timeline.snapshot.messages.find((m) => m.seq === at)?.body).toBe('edited');
  });

  test('keeps its position over a gap, with changes made meanwhile', async () => {
    const { server, client, timeline, id, at } = await farBack();
    server.cut();
    for (let n = 0; n < 40; n++) server.post(id, server.other, `missed ${n}`);
    server.append(id, server.other, 'message.edited', { message: at, body: 'edited in the gap' });
    await heal(server, client);
    expect(client.counters.resets).toBe(1);
    expect(timeline.snapshot.hasNewer).toBe(true);
    expect(timeline.snapshot.messages.find((m) => m.seq === at)?.body).toBe('edited in the gap');
  });

  test('is in the middle of what was loaded after a gap', async () => {
    const { server, client, timeline } = await farBack();
    for (let page = 0; page < 2; page++) {
      void timeline.loadNewer();
      await heal(server, client);
    }
    const { messages } = timeline.snapshot;
    const middle = messages[messages.length >> 1]?.seq;
    server.cut();
    for (let n = 0; n < 40; n++) server.post(timeline.conversation, server.other, `missed ${n}`);
    await heal(server, client);
    const around = timeline.snapshot.messages.map((m) => m.seq);
    expect(around.indexOf(middle as Seq)).toBe(25);
  });

  test('shows the requested message if a gap comes before its page', async () => {
    const { server, id } = aGroup(200);
    server.read(id, server.lastSeq(id));
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    const at = server.messages(id)[20]?.seq as Seq;
    void timeline.open(at);
    await settle();
    server.cut();
    for (let n = 0; n < 40; n++) server.post(id, server.other, `missed ${n}`);
    while (!server.isConnected) await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    server.deliver(100);
    await settle();
    expect(client.counters.resets).toBe(1);
    await heal(server, client);
    expect(timeline.snapshot.messages.map((m) => m.seq)).toContain(at);
  });

  test('does not show own unsent messages, which belong at the end', async () => {
    const { server, client, timeline, id } = await farBack();
    server.isMute = true;
    client.post(id, 'mine');
    await settle();
    expect(timeline.snapshot.messages.some((m) => m.state === 'pending')).toBe(false);
    const attachments = [FileId.parse('0197a000-0000-7000-8000-00000000000f')];
    client.post(id, '', { attachments });
    void timeline.jumpToLatest();
    await settle();
    expect(timeline.snapshot.messages.slice(-2)).toMatchObject([
      { body: 'mine', state: 'pending' },
      { body: '', state: 'pending', fileIds: attachments },
    ]);
    const other = server.group(2);
    server.isMute = false;
    server.join(other);
    await heal(server, client);
    expect(client.timeline(other).snapshot.messages).toEqual([]);
  });

  test('gives an own message the same identity before and after it is stored', async () => {
    const { server, id } = aGroup(3);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open();
    await heal(server, client);
    const sent = client.post(id, 'mine');
    expect(timeline.snapshot.messages.at(-1)).toMatchObject({ state: 'pending', client: sent.id });
    await heal(server, client);
    expect(timeline.snapshot.messages.at(-1)).toMatchObject({ state: 'stored', client: sent.id });
    expect(timeline.snapshot.messages.filter((m) => m.client !== undefined)).toHaveLength(1);
    client.edit(id, timeline.snapshot.messages.at(-1)?.seq as Seq, 'edited');
    await heal(server, client);
    const last = timeline.snapshot.messages.at(-1);
    expect(last).toMatchObject({ body: 'edited', client: sent.id });
  });

  test('returns to the end and follows it again', async () => {
    const { server, client, timeline, id } = await farBack();
    void timeline.jumpToLatest();
    await heal(server, client);
    server.post(id, server.other, 'new');
    await heal(server, client);
    expect(timeline.snapshot).toMatchObject({ hasNewer: false, hasOlder: true });
    expect(timeline.snapshot.messages.at(-1)?.body).toBe('new');
  });
});

describe('loading', () => {
  const pages = (server: ModelServer) =>
    server.requests.filter((r) => r.path.includes('/messages'));

  /** A timeline whose first page was requested, and whose response is held back. */
  async function opening() {
    const { server, id } = aGroup(60);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open();
    await settle();
    return { server, client, timeline, id };
  }

  test.each([
    ['the last event', 0, 'limit=50'],
    ['the event before it', 1, 'around=202&limit=50'],
  ])(
    'around %s asks for a page around it only if the latest has not all that follows',
    async (_, back, query) => {
      const { server, id } = aGroup(200);
      const { client } = await aLiveClient(server);
      const timeline = client.timeline(id);
      void timeline.open((server.lastSeq(id) - back) as Seq);
      await settle();
      expect(pages(server).map((r) => r.path.split('?')[1])).toEqual([query]);
      await heal(server, client);
      expect(timeline.snapshot).toMatchObject({ hasNewer: false, loading: null });
      expect(timeline.snapshot.messages.at(-1)?.body).toBe('old 199');
    },
  );

  test('requests a page again that ends before the start of the window', async () => {
    const { server, client, timeline, id } = await opening();
    const [request] = pages(server);
    if (!request) throw new Error('no page was requested');
    const page = server.history(id, new URLSearchParams({ limit: '50' }));
    request.answer = Response.json({ ...page, items: page.items.slice(0, 10), asOf: 5 });
    server.answer(request);
    await heal(server, client);
    expect(timeline.snapshot.messages).toHaveLength(50);
  });

  test.each([
    ['the latest messages', undefined],
    ['a message', 20],
  ])('is repeated for a page around %s that lacks one event', async (_, at) => {
    const { server, id } = aGroup(200);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open(at as Seq | undefined);
    await settle();
    const [request] = pages(server);
    if (!request) throw new Error('no page was requested');
    const query = at === undefined ? { limit: '50' } : { around: `${at}`, limit: '50' };
    const page = server.history(id, new URLSearchParams(query));
    const items = page.items.map((m) => ({ ...m, body: 'old' }));
    request.answer = Response.json({ ...page, items, asOf: server.lastSeq(id) - 1 });
    server.answer(request);
    await heal(server, client);
    expect(timeline.snapshot.messages.length).toBeGreaterThan(0);
    expect(timeline.snapshot.messages.some((m) => m.body === 'old')).toBe(false);
  });

  test.each([
    ['the latest messages', undefined],
    ['a message', 20],
  ])('of %s is repeated after a pause, and not forever', async (_, at) => {
    const { server, id } = aGroup(200);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open(at as Seq | undefined);
    await settle();
    const answerStale = () => {
      const [request] = pages(server);
      if (!request) return false;
      const page = server.history(id, new URLSearchParams({ limit: '50' }));
      request.answer = Response.json({ ...page, asOf: 0 });
      server.answer(request);
      return true;
    };
    expect(answerStale()).toBe(true);
    await settle();
    expect(pages(server)).toEqual([]);
    let repeated = 0;
    for (let n = 0; n < 200; n++) {
      await vi.advanceTimersByTimeAsync(100);
      if (answerStale()) repeated++;
    }
    await settle();
    expect(repeated).toBeGreaterThan(1);
    expect(repeated).toBeLessThan(30);
    expect(timeline.snapshot).toMatchObject({ loading: null, error: { message: /stale/ } });
  });

  test('reports what is being loaded', async () => {
    const { server, client, timeline } = await opening();
    expect(timeline.snapshot.loading).toBe('initial');
    await heal(server, client);
    expect(timeline.snapshot.loading).toBeNull();
    void timeline.loadOlder();
    await settle();
    expect(timeline.snapshot.loading).toBe('older');
    await heal(server, client);
    const { client: other, timeline: back, server: there } = await farBack();
    void back.loadNewer();
    await settle();
    expect(back.snapshot.loading).toBe('newer');
    await heal(there, other);
    expect(back.snapshot.loading).toBeNull();
  });

  test('requests a page around a message again that ends before the start of the window', async () => {
    const { server, id } = aGroup(200);
    const { client } = await aLiveClient(server);
    const timeline = client.timeline(id);
    void timeline.open(20 as Seq);
    await settle();
    const [request] = pages(server);
    if (!request) throw new Error('no page was requested');
    const page = server.history(id, new URLSearchParams({ around: '20', limit: '50' }));
    const items = page.items.map((m) => ({ ...m, body: 'old' }));
    request.answer = Response.json({ ...page, items, asOf: 5 });
    server.answer(request);
    await heal(server, client);
    expect(timeline.snapshot.messages.some((m) => m.body === 'old')).toBe(false);
    expect(timeline.snapshot.messages).toHaveLength(42);
  });

  test('reports a failed load, and retries on request', async () => {
    const { server, client, timeline } = await opening();
    const [request] = pages(server);
    if (request) server.fail(request, 'refused');
    await settle();
    expect(timeline.snapshot).toMatchObject({ loading: null, messages: [] });
    expect(timeline.snapshot.error).toMatchObject({ code: 'unavailable' });
    void timeline.open();
    await heal(server, client);
    expect(timeline.snapshot.error).toBeNull();
    expect(timeline.snapshot.messages).toHaveLength(50);
  });

  test('retries a failed load when the connection is back', async () => {
    const { server, client, timeline } = await opening();
    const [request] = pages(server);
    if (request) server.fail(request, 'network');
    await settle();
    expect(timeline.snapshot.error).toMatchObject({ code: 'network' });
    server.cut();
    await heal(server, client);
    expect(timeline.snapshot.error).toBeNull();
    expect(timeline.snapshot.messages).toHaveLength(50);
  });

  test('a failed request does not block another one', async () => {
    const { server, client, timeline } = await opening();
    await heal(server, client);
    void timeline.loadOlder();
    await settle();
    void timeline.open(1 as Seq);
    const [request] = pages(server);
    if (request) server.fail(request, 'network');
    await heal(server, client);
    expect(timeline.snapshot.messages[0]?.body).toBe('old 0');
    expect(timeline.snapshot.error).toBeNull();
  });

  test('does not join older messages to a restarted window', async () => {
    const { server, client, timeline, id } = await opening();
    await heal(server, client);
    server.read(id, server.lastSeq(id));
    await heal(server, client);
    void timeline.loadOlder();
    await settle();
    const [request] = pages(server);
    if (!request) throw new Error('no page was requested');
    server.serve(request);
    server.cut();
    for (let n = 0; n < 40; n++) server.post(id, server.me, `missed ${n}`);
    while (!server.isConnected) await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    server.deliver(100);
    server.answer(request);
    await heal(server, client);
    const bodies = timeline.snapshot.messages.map((m) => m.body);
    const truth = server.messages(id).map((m) => m.body);
    expect(bodies).toEqual(truth.slice(-bodies.length));
    expect(timeline.snapshot.hasOlder).toBe(bodies.length < truth.length);
  });

  test('reports nothing after it was closed', async () => {
    const { server, client, timeline } = await opening();
    let changes = 0;
    timeline.subscribe(() => changes++);
    timeline.close();
    await heal(server, client);
    expect(changes).toBe(0);
  });

  test('stops loading at the start of the conversation', async () => {
    const { server, client, timeline } = await opening();
    await heal(server, client);
    expect(timeline.snapshot.hasOlder).toBe(true);
    void timeline.loadOlder();
    await heal(server, client);
    expect(timeline.snapshot.hasOlder).toBe(false);
    expect(timeline.snapshot.messages).toHaveLength(60);
    void timeline.loadOlder();
    void timeline.loadNewer();
    await settle();
    expect(server.requests).toEqual([]);
  });
});
