import type { ConversationId, Seq } from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aLiveClient, heal } from '../../test/support/model-client.ts';
import { ModelServer } from '../../test/support/model-server.ts';
import { Persistence } from '../storage/persistence.ts';
import { MemoryStore, NOTHING_SAVED } from '../storage/store.ts';
import { LocalStreams } from './local-streams.ts';
import { Snapshots } from './snapshots.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

/** A live client that is a member of three groups with a message each. */
async function aMember() {
  const server = new ModelServer();
  const groups = [1, 2, 3].map((n) => server.group(n));
  for (const id of groups) {
    server.join(id);
    server.post(id, server.other, 'hello');
  }
  const { client, store } = await aLiveClient(server);
  return {
    server,
    client,
    store,
    groups: groups as [ConversationId, ConversationId, ConversationId],
  };
}

describe('a client that reconnects', () => {
  test('a client that reconnects receives only changed snapshots, and shows the state of the server', async () => {
    const { server, client, groups } = await aMember();
    expect(server.unchanged).toBe(0);
    server.cut();
    // While it is offline: one group has a new message, another one was read on another device.
    server.post(groups[0], server.other, 'later');
    server.read(groups[1], server.lastSeq(groups[1]));
    await heal(server, client);
    expect(server.unchanged).toBe(2);
    for (const id of groups) {
      expect(client.snapshot.conversations.get(id)).toMatchObject(server.snapshot(id));
    }
  });

  test('a client that reconnects does not receive the snapshot of a conversation that it has joined meanwhile', async () => {
    const { server, client } = await aMember();
    const joined = server.group(4);
    server.join(joined);
    await heal(server, client);
    server.cut();
    await heal(server, client);
    expect(server.unchanged).toBe(4);
    expect(client.snapshot.conversations.get(joined)).toMatchObject(server.snapshot(joined));
  });

  test('a client that reconnects receives conversations that changed since their snapshot', async () => {
    const { server, client, groups } = await aMember();
    server.post(groups[0], server.other, 'live');
    await heal(server, client);
    server.cut();
    await heal(server, client);
    expect(server.unchanged).toBe(2);
    // Its snapshot is as of the cursor now.
    server.cut();
    await heal(server, client);
    expect(server.unchanged).toBe(5);
  });

  test('a client receives all snapshots after a restore of the server, and after its own restart', async () => {
    const { server, client, store, groups } = await aMember();
    server.restore();
    await heal(server, client);
    expect(server.unchanged).toBe(0);
    await client.stop();
    const { client: again } = await aLiveClient(server, store);
    expect(server.unchanged).toBe(0);
    expect([...again.snapshot.conversations.keys()].sort()).toEqual([...groups].sort());
  });
});

describe('the claim of a hello', () => {
  test('a hello omits the claim when too many snapshots, or all, must be sent again', () => {
    const server = new ModelServer();
    const local = new LocalStreams(
      server.me,
      NOTHING_SAVED,
      new Persistence(new MemoryStore(), () => undefined),
      () => undefined,
    );
    const snapshots = new Snapshots(local);
    const id = server.group(1);
    server.join(id);
    const snapshot = server.snapshot(id);
    const others = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`other-${n}`, 1 as Seq]));
    const cursor = { [id]: snapshot.lastSeq };
    expect(snapshots.claim(cursor)).toBeUndefined();
    snapshots.set(id, snapshot);
    expect(snapshots.claim(cursor)).toEqual([]);
    expect(snapshots.claim({ [id]: (snapshot.lastSeq + 1) as Seq })).toBeUndefined();
    const max = LIMITS.resendConversations;
    expect(snapshots.claim({ ...cursor, ...others(max) })).toHaveLength(max);
    expect(snapshots.claim({ ...cursor, ...others(max + 1) })).toBeUndefined();
    snapshots.set(id, null);
    expect(snapshots.claim(cursor)).toBeUndefined();
  });
});
