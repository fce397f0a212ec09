import 'fake-indexeddb/auto';
import { CLOSE, type ConversationId, type Me } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aClient, aLiveClient, heal, settle } from '../test/support/model-client.ts';
import { ModelServer } from '../test/support/model-server.ts';
import type { ParleyClient } from './client.ts';
import { IndexedDbStore } from './storage/indexeddb-store.ts';
import { MemoryStore, type Saved } from './storage/store.ts';

beforeEach(() => {
  // A connection that a failed test leaves open would block the tests after it.
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

/** Lets IndexedDB finish, which does not use fake timers. */
async function stored(): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await vi.advanceTimersByTimeAsync(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A user with messages in IndexedDB, and a post that the server does not answer. */
async function aUser() {
  const server = new ModelServer();
  const id = server.group();
  server.join(id);
  const { client, api } = aClient(server, new IndexedDbStore());
  void client.start(server.me);
  await stored();
  await heal(server, client);
  server.post(id, server.other, 'secret');
  await heal(server, client);
  server.isMute = true;
  client.post(id, 'not sent yet');
  await stored();
  return { server, client, api, id };
}

/** What another process of the page would read. */
async function kept(server: ModelServer): Promise<Saved> {
  const store = new IndexedDbStore();
  let saved: Saved | undefined;
  void store.open(server.me).then((found) => {
    saved = found;
  });
  await stored();
  await store.close();
  if (!saved) throw new Error('The store did not open');
  return saved;
}

/** Waits until the client is live, and checks that what it posts then is stored. Stops it. */
async function expectKept(
  server: ModelServer,
  client: ParleyClient,
  id: ConversationId,
): Promise<void> {
  await stored();
  await heal(server, client);
  server.isMute = true;
  client.post(id, 'kept');
  await stored();
  expect((await kept(server)).outbox.map((e) => e.command)).toMatchObject([{ body: 'kept' }]);
  void client.stop();
  await stored();
}

/** Deletes the account’s database; fails if a connection is still open. */
function deleted(server: ModelServer): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`parley-${server.me}`);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('A connection to the database is open'));
  });
}

describe('a session that is ended remotely', () => {
  test('leaves neither messages nor cursors nor outbox on the device', async () => {
    const { server, client } = await aUser();
    const before = await kept(server);
    expect(before.messages.map((m) => m.body)).toEqual(['secret']);
    expect(before.outbox).toHaveLength(1);
    const ended: unknown[] = [];
    client.on('ended', (value) => ended.push(value));
    server.cut(CLOSE.sessionEnded);
    await stored();
    expect(ended).toEqual([{ unanswered: 1 }]);
    const after = await kept(server);
    expect(after).toMatchObject({ epoch: null, messages: [], conversations: [], outbox: [] });
    expect(after.cursors.size + after.windows.size).toBe(0);
    expect(client.state).toBe('offline');
  });

  test('is noticed at the next connection if it ended while the device was offline', async () => {
    const { server, client } = await aUser();
    let ended = 0;
    client.on('ended', () => ended++);
    server.isLoggedIn = false;
    client.api.dropAccessToken();
    server.cut();
    await vi.advanceTimersByTimeAsync(30_000);
    await stored();
    expect(ended).toBe(1);
    expect((await kept(server)).messages).toEqual([]);
    // No further attempts.
    const { sockets } = server;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.sockets).toBe(sockets);
  });

  test('reports that its data could not be removed', async () => {
    class StuckStore extends MemoryStore {
      override clear(): Promise<void> {
        return Promise.reject(new Error('the store is stuck'));
      }
    }
    const { server, client } = await aLiveClient(new ModelServer(), new StuckStore());
    const reported: unknown[] = [];
    client.on('storage', (error) => reported.push(error.message));
    client.on('ended', ({ unanswered }) => reported.push(unanswered));
    server.cut(CLOSE.sessionEnded);
    await settle();
    expect(reported).toEqual([0, 'the store is stuck']);
  });

  test('keeps its data if a program requests it', async () => {
    const { server, id } = await aUser();
    const { client } = aClient(server, new IndexedDbStore(), { keepWhenEnded: true });
    server.isMute = false;
    void client.start(server.me);
    await stored();
    await heal(server, client);
    server.isMute = true;
    client.post(id, 'another');
    await stored();
    server.cut(CLOSE.sessionEnded);
    await stored();
    expect((await kept(server)).outbox.length).toBeGreaterThan(0);
  });

  test('gives no data to another account that has replaced it', async () => {
    const { server, client, id } = await aUser();
    let ended = 0;
    client.on('ended', () => ended++);
    server.loggedInAs = server.other;
    server.isMute = false;
    const posted = server.lastSeq(id);
    server.cut();
    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(1_000);
      server.deliver(100);
    }
    await stored();
    expect(ended).toBe(1);
    // The outbox of one account was not sent as the other.
    expect(server.lastSeq(id)).toBe(posted);
    expect(client.me satisfies Me | null).toBeNull();
    expect((await kept(server)).messages).toEqual([]);
  });
});

describe('a store that is reopened while a session is ending', () => {
  test.each([
    { how: 'ended remotely', end: (server: ModelServer) => server.cut(CLOSE.sessionEnded) },
    { how: 'forgotten', end: (_: ModelServer, client: ParleyClient) => void client.forget() },
  ])('keeps what the next client stores: $how', async ({ end }) => {
    const store = new IndexedDbStore();
    const server = new ModelServer();
    const id = server.group();
    server.join(id);
    const { client } = aClient(server, store);
    void client.start(server.me);
    await stored();
    await heal(server, client);
    end(server, client);
    // As a program does that logs in again: it stops the old client, then starts the next one.
    const next = aClient(server, store).client;
    const failures: Error[] = [];
    next.on('storage', (error) => failures.push(error));
    void client.stop().then(() => next.start(server.me));
    await expectKept(server, next, id);
    expect(failures).toEqual([]);
  });

  test('stores what is posted while it opens, even after a stop', async () => {
    const { server, client, id } = await aUser();
    const failures: Error[] = [];
    client.on('storage', (error) => failures.push(error));
    const posted = server.lastSeq(id);
    void client.stop();
    client.post(id, 'between');
    void client.start(server.me);
    client.post(id, 'opening');
    await stored();
    expect(failures).toEqual([]);
    const bodies = (await kept(server)).outbox.map((e) => 'body' in e.command && e.command.body);
    expect(bodies).toEqual(['not sent yet', 'between', 'opening']);
    server.isMute = false;
    await heal(server, client);
    // The first one was stored before, and not answered.
    expect(server.lastSeq(id)).toBe(posted + 2);
    void client.stop();
    await stored();
  });

  test('gives unsent data to no other account', async () => {
    const { server, client, id } = await aUser();
    const refused = client.post(id, 'not sent either').settled;
    void client.forget();
    client.post(id, 'posted too late');
    await expect(refused).rejects.toThrow();
    const posted = server.lastSeq(id);
    server.isMute = false;
    server.loggedInAs = server.other;
    void client.start(server.other);
    await stored();
    await heal(server, client);
    expect(client.snapshot.outbox).toEqual([]);
    expect(client.me?.id).toBe(server.other);
    expect(server.lastSeq(id)).toBe(posted);
    void client.stop();
    await stored();
  });

  test('keeps what the same client stores after it was started again', async () => {
    const { server, client, id } = await aUser();
    server.isMute = false;
    const failures: Error[] = [];
    client.on('storage', (error) => failures.push(error));
    void client.stop();
    void client.start(server.me);
    await expectKept(server, client, id);
    expect(failures).toEqual([]);
  });

  test('is not closed by a client that is stopped twice', async () => {
    const store = new IndexedDbStore();
    const { client, server } = aClient(new ModelServer(), store);
    void client.start(server.me);
    void client.stop();
    await stored();
    void store.open(server.me);
    void client.stop();
    await stored();
    expect(await Promise.race([store.outbox(), stored().then(() => 'no answer')])).toEqual([]);
    void store.close();
    await stored();
  });

  test('stays closed after a stop that came while it was opening', async () => {
    const server = new ModelServer();
    const { client } = aClient(server, new IndexedDbStore());
    const started = client.start(server.me);
    const stopped = client.stop();
    await stored();
    await Promise.all([started, stopped]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(client.state).toBe('offline');
    expect(server.sockets).toBe(0);
    // No connection is open, so deleting the database need not wait.
    await deleted(server);
  });
});

describe('logging out', () => {
  test('deletes what was stored before the store failed', async () => {
    const store = new IndexedDbStore();
    const server = new ModelServer();
    const id = server.group();
    server.join(id);
    const { client } = aClient(server, store);
    void client.start(server.me);
    await stored();
    await heal(server, client);
    server.post(id, server.other, 'secret');
    await heal(server, client);
    await stored();
    // From here on the browser stores nothing, as with a full disk.
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    transaction.mockImplementationOnce(() => {
      throw new DOMException('disk full', 'QuotaExceededError');
    });
    const failures: Error[] = [];
    client.on('storage', (error) => failures.push(error));
    server.post(id, server.other, 'not stored');
    await heal(server, client);
    await stored();
    expect(failures).toHaveLength(1);
    transaction.mockRestore();
    void client.forget();
    await stored();
    expect((await kept(server)).messages).toEqual([]);
  });

  test('is not undone by data in flight', async () => {
    const { server, client, id } = await aUser();
    const timeline = client.timeline(id);
    void timeline.open();
    server.post(id, server.other, 'late');
    server.deliver(10);
    client.post(id, 'late too');
    void client.forget();
    for (const request of [...server.requests]) server.answer(request);
    await stored();
    expect(await kept(server)).toMatchObject({ messages: [], outbox: [], epoch: null });
  });

  test('does not touch the databases of other accounts', async () => {
    const { server, client } = await aUser();
    const store = new IndexedDbStore();
    void store.open(server.other);
    await stored();
    void client.forget();
    await stored();
    const names = (await indexedDB.databases()).map((d) => d.name);
    expect(names).toEqual([`parley-${server.other}`]);
    void store.close();
    await stored();
  });
});

test('a client without storage starts and ends the same way', async () => {
  const { server, client } = await aLiveClient();
  let ended = 0;
  client.on('ended', () => ended++);
  server.cut(CLOSE.sessionEnded);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ended).toBe(1);
  expect(server.sockets).toBe(1);
});
