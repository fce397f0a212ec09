import {
  DEFAULT_LAYOUT,
  NOTIFICATION_DEFAULTS,
  type Seq,
  type ServerFrame,
  type StreamId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aClient, settle } from '../../test/support/model-client.ts';
import { type ModelRequest, ModelServer } from '../../test/support/model-server.ts';
import { MemoryStore } from '../storage/store.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

/** An answer to each request for state outside of conversations: there is none. */
const EMPTY = {
  ...{ items: [], next: null, asOf: 0, seq: 0, open: 0, conversations: [] },
  ...{ settings: NOTIFICATION_DEFAULTS, overrides: [], ...DEFAULT_LAYOUT },
  ...{ placements: [], closed: [] },
};

const isKnown = (path: string) =>
  path === '/me' || path === '/me/cursors' || path.startsWith('/conversations/');

/** A live client that uses all state which is loaded over REST. */
async function inUse() {
  const server = new ModelServer();
  const id = server.group();
  server.post(id, server.other, 'old');
  server.join(id);
  const { client } = aClient(server, new MemoryStore(), { loadUsers: true });
  let readVersion = 0;
  /** Whether requests fail; otherwise they are answered. */
  let isFailing = false;
  const answer = (request: ModelRequest) => {
    if (isFailing) return server.fail(request, 'network');
    const empty = { ...EMPTY, readVersion, unread: 0 };
    const isCursors = request.path === '/me/cursors' && readVersion > 0;
    if (isCursors || !isKnown(request.path)) request.answer = Response.json(empty);
    server.answer(request);
  };
  /** Delivers and answers everything for a time. Returns the paths of the requests, without repetitions. */
  const paths = async (ms = 30_000) => {
    const seen = new Set<string>();
    const until = performance.now() + ms;
    while (performance.now() < until) {
      server.deliver(Number.MAX_SAFE_INTEGER);
      await settle();
      for (const request of [...server.requests]) {
        seen.add(request.path);
        answer(request);
      }
      await vi.advanceTimersByTimeAsync(250);
    }
    return [...seen].sort();
  };
  await client.start(server.me);
  const loaded = Promise.all([
    ...[client.userGroups, client.emoji, client.drafts, client.threads].map((one) => one.load()),
    ...[client.notifications, client.sidebar, client.activity].map((one) => one.load()),
    client.openReports.load(),
  ]);
  const atStart = await paths();
  await loaded;
  const frame = (one: object) => server.push(one as ServerFrame);
  const reset = (stream: StreamId, lastSeq: number) => frame({ op: 'reset', stream, lastSeq });
  return {
    ...{ server, client, id, paths, atStart, frame, reset },
    fail: (value: boolean) => {
      isFailing = value;
    },
    version: (value: number) => {
      readVersion = value;
    },
  };
}

const ACTIVITY = '/me/activity/unread';
const DRAFTS = '/me/drafts';
const EMOJI = '/emoji';
const GROUPS = '/user-groups';
const NOTIFICATIONS = '/me/notifications';
const REPORTS = '/reports/open';
const SIDEBAR = '/me/sidebar';
const THREADS = '/me/thread-cursors';
const USERS = '/users?limit=200';
const ALL = [EMOJI, ACTIVITY, DRAFTS, NOTIFICATIONS, SIDEBAR, THREADS, REPORTS, GROUPS, USERS];

describe('what the client reloads', () => {
  test('is everything at its first use, and after a restore of the server', async () => {
    const { server, paths, atStart } = await inUse();
    expect(atStart).toEqual(ALL);
    expect(await paths()).toEqual([]);
    server.restore();
    expect(await paths()).toEqual(ALL);
  });

  test('after a reconnect is what may have changed without an event', async () => {
    const { server, paths, version } = await inUse();
    server.cut();
    expect(await paths()).toEqual([THREADS, REPORTS, USERS]);
    version(1);
    server.read(server.group(2), 0 as Seq);
    server.cut();
    expect(await paths()).toEqual([THREADS, REPORTS, USERS]);
  });

  test('after a reset is what the skipped events of the stream may have changed', async () => {
    const { server, client, id, paths, reset } = await inUse();
    const resets: unknown[] = [];
    client.on('reset', (one) => resets.push(one));
    const [workspace, personal] = [WORKSPACE_STREAM, streamOfAccount(server.me)];
    reset(workspace, 70);
    expect(await paths()).toEqual([EMOJI, '/me', ACTIVITY, GROUPS, USERS]);
    reset(personal, 80);
    expect(await paths()).toEqual([ACTIVITY, NOTIFICATIONS, SIDEBAR, THREADS]);
    const conversation = streamOfConversation(id);
    const head = server.lastSeq(id);
    reset(conversation, head);
    expect(await paths()).toEqual([ACTIVITY, THREADS]);
    reset(conversation, head + 1);
    expect(await paths()).toEqual([`/conversations/${id}`, ACTIVITY, THREADS]);
    // Not a member.
    reset('0197a000-0000-7000-8000-00000000000c' as StreamId, 5);
    expect(await paths()).toEqual([]);
    expect(resets).toEqual([
      { stream: workspace, lastSeq: 70 },
      { stream: personal, lastSeq: 80 },
      { stream: conversation, lastSeq: head },
      { stream: conversation, lastSeq: head + 1 },
    ]);
    expect(client.counters.resets).toBe(4);
    expect([...client.cursors]).toEqual(
      expect.arrayContaining([
        [workspace, 70],
        [personal, 80],
        [conversation, head + 1],
      ]),
    );
    expect(client.cursors.size).toBe(3);
  });

  test('after a failure is tried again at a ping, the open reports after a minute', async () => {
    const { server, paths, fail, reset } = await inUse();
    fail(true);
    reset(WORKSPACE_STREAM, 70);
    reset(streamOfAccount(server.me), 80);
    await paths(10_000);
    fail(false);
    expect(await paths(2_000)).toEqual([]);
    const ping = () => server.push({ op: 'ping', heads: {}, readVersion: 0 });
    ping();
    expect(await paths(5_000)).toEqual([ACTIVITY, NOTIFICATIONS, SIDEBAR, THREADS]);
    ping();
    expect(await paths(5_000)).toEqual([]);
    await paths(60_000);
    ping();
    expect(await paths()).toEqual([REPORTS]);
    // The connection loads the rest.
    server.cut();
    expect(await paths()).toEqual([EMOJI, THREADS, REPORTS, GROUPS, USERS]);
  });

  test('is what a frame says has changed', async () => {
    const { server, id, paths, frame, version } = await inUse();
    const place = { conversation: id, thread: null };
    const draft = { ...place, body: 'text' };
    frame({ op: 'draft', version: 1, ...place, draft: { ...draft, version: 1 } });
    const cursor = { conversation: id, thread: 1, isFollowing: true, readSeq: 1, asOf: 1 };
    frame({ op: 'thread_read', version: 2, cursor: { ...cursor, unread: 0, unreadMentions: [] } });
    frame({ op: 'read', version: 3, cursor: server.cursorOf(id) });
    expect(await paths()).toEqual([]);
    frame({ op: 'activity', version: 4 });
    expect(await paths()).toEqual([ACTIVITY]);
    frame({ op: 'reports' });
    expect(await paths()).toEqual([REPORTS]);
    frame({ op: 'changed', users: [], settings: [], emoji: true });
    expect(await paths()).toEqual([EMOJI]);
    // Each of them shows that a version was missed; so does a ping.
    const cursors = ['/me/cursors', ACTIVITY, DRAFTS, THREADS].sort();
    let last = 4;
    const missed = async (one: (version: number) => object) => {
      last += 2;
      version(last);
      frame(one(last));
      return paths();
    };
    expect(
      await missed((v) => ({ op: 'draft', version: v, ...place, draft: { ...draft, version: v } })),
    ).toEqual(cursors);
    expect(
      await missed((v) => ({
        ...{ op: 'thread_read', version: v },
        cursor: { ...cursor, unread: 0, unreadMentions: [] },
      })),
    ).toEqual(cursors);
    expect(await missed((v) => ({ op: 'activity', version: v }))).toEqual(cursors);
    expect(await missed((v) => ({ op: 'read', version: v, cursor: server.cursorOf(id) }))).toEqual(
      cursors,
    );
    // The open reports were counted more than a minute ago.
    expect(await missed((v) => ({ op: 'ping', heads: {}, readVersion: v }))).toEqual([
      ...cursors,
      REPORTS,
    ]);
  });

  test('is counted again when a cursor moves while activity is unread', async () => {
    const { server, client, id, paths, frame } = await inUse();
    frame({ op: 'activity', version: 1 });
    server.deliver(1);
    await vi.advanceTimersByTimeAsync(10_000);
    const [request] = server.requests;
    if (!request) throw new Error('The activity was not requested');
    request.answer = Response.json({ unread: 3, readVersion: 1 });
    server.answer(request);
    await settle();
    expect(client.snapshot.activity.unread).toBe(3);
    const cursor = { conversation: id, thread: 1, isFollowing: true, readSeq: 1, asOf: 1 };
    frame({ op: 'thread_read', version: 2, cursor: { ...cursor, unread: 0, unreadMentions: [] } });
    server.deliver(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.requests.map(({ path }) => path)).toEqual([ACTIVITY]);
    const [again] = server.requests;
    if (!again) throw new Error('The activity was not requested');
    again.answer = Response.json({ unread: 3, readVersion: 2 });
    server.answer(again);
    await settle();
    frame({ op: 'read', version: 3, cursor: server.cursorOf(id) });
    expect(await paths()).toEqual([ACTIVITY]);
  });

  test('is nothing for an event that says what has changed', async () => {
    const { server, client, id, paths } = await inUse();
    const personal = streamOfAccount(server.me);
    const sections = [{ id: 's1', name: 'Work' }];
    server.append(personal, server.me, 'sidebar.changed', { sections, unreadOnly: false });
    server.append(personal, server.me, 'sidebar.closed', {
      closed: [{ conversation: id, seq: 4 }],
      reopened: [],
    });
    const level = 'all';
    server.append(personal, server.me, 'notifications.overridden', {
      ...{ conversation: id, level, muted: null },
    });
    await paths(100);
    const { sidebar, notifications } = client.snapshot;
    expect(sidebar.layout).toMatchObject({ sections });
    expect([...sidebar.closed]).toEqual([[id, 4]]);
    expect([...notifications.overrides.values()]).toMatchObject([{ level }]);
    // What it does not say is counted again.
    expect(await paths()).toEqual([ACTIVITY]);
    server.append(id, server.other, 'message.posted', { body: 'a reply', thread: 1 });
    expect(await paths()).toEqual([THREADS]);
    server.append(personal, server.me, 'conversation.joined', { conversation: id, seq: 1 });
    expect(await paths()).toContain(REPORTS);
  });

  test('is nothing for another account before it is used', async () => {
    const { server, client, paths } = await inUse();
    await client.forget();
    await client.start(server.me);
    expect(await paths()).toEqual([USERS]);
    server.restore();
    expect(await paths()).toEqual([USERS]);
    expect(client.snapshot).toMatchObject({ waitingChanges: 0, activity: { isLoaded: false } });
  });
});
