import {
  type ClientId,
  type ConversationId,
  type Event,
  LIMITS,
  type Mention,
  type Message,
  type Seq,
  type StreamId,
} from '@parley/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FullStore } from '../test/support/full-store.ts';
import { aClient, heal, settle } from '../test/support/model-client.ts';
import { ModelServer } from '../test/support/model-server.ts';
import type { ParleyClient } from './client.ts';
import type { Timeline } from './timelines/timeline.ts';

/**
 * Whatever the order of pages, snapshots, events, resets, answers, failures and retries, a client
 * finally shows the state of the server’s logs, every event was applied once and in order, and
 * every command was executed once.
 */

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
});
afterEach(() => void vi.useRealTimers());

/** The possible steps, and their relative frequencies. */
const ACTIONS = {
  post: 6,
  burst: 1,
  change: 4,
  ownPost: 4,
  ownEdit: 2,
  read: 2,
  markUnread: 1,
  readElsewhere: 2,
  join: 2,
  leave: 1,
  deliver: 10,
  lose: 1,
  repeat: 1,
  serve: 4,
  answer: 6,
  fail: 2,
  cut: 2,
  ping: 2,
  restore: 1,
  refuse: 1,
  wait: 4,
  reload: 1,
  open: 3,
  openAt: 2,
  latest: 1,
  older: 2,
  newer: 2,
} as const;
type Action = keyof typeof ACTIONS;

const anAction = fc.oneof(
  ...(Object.entries(ACTIONS) as [Action, number][]).map(([kind, weight]) => ({
    weight,
    arbitrary: fc.record({ kind: fc.constant(kind), n: fc.nat(1_000) }),
  })),
);

/** A server with two groups, and the client of an account that is a member of the first one. */
class World {
  readonly server = new ModelServer();
  readonly groups: readonly ConversationId[];
  readonly store = new FullStore();
  readonly applied: { life: number; event: Event }[] = [];
  readonly posted: ClientId[] = [];
  client: ParleyClient;
  timelines: readonly Timeline[] = [];
  life = 0;

  constructor(acksFirst: boolean) {
    const { server } = this;
    server.acksFirst = acksFirst;
    this.groups = [server.group(1), server.group(2)];
    const [first, second] = this.groups as [ConversationId, ConversationId];
    for (let n = 0; n < 70; n++) server.post(first, n % 3 ? server.other : server.me, `old ${n}`);
    for (let n = 0; n < 5; n++) server.post(second, server.other, `old ${n}`);
    server.join(first);
    this.client = this.start();
  }

  start(): ParleyClient {
    const { client } = aClient(this.server, this.store);
    const life = ++this.life;
    client.onEvent((event) => this.applied.push({ life, event }));
    void client.start(this.server.me);
    this.timelines = this.groups.map((id) => client.timeline(id));
    return client;
  }

  async act({ kind, n }: { kind: Action; n: number }): Promise<void> {
    const { server, client } = this;
    const id = this.groups[n % 2] as ConversationId;
    const timeline = this.timelines[n % 2] as Timeline;
    const seq = (1 + (n % Math.max(1, server.lastSeq(id)))) as Seq;
    const message = server.messages(id)[n % Math.max(1, server.messages(id).length)];
    const request = server.requests[n % Math.max(1, server.requests.length)];
    const actions: Record<Action, () => unknown> = {
      post: () => server.post(id, server.other, `post ${n}`, this.#mentions(n)),
      burst: () => {
        for (let i = 0; i < 15 + (n % 60); i++) {
          server.post(id, server.other, `burst ${i}`, i % 9 ? [] : this.#mentions(i));
        }
      },
      change: () => message && this.#change(id, message, n),
      ownPost: () => server.isMember(id) && this.posted.push(client.post(id, `own ${n}`).id),
      ownEdit: () => message && client.react(id, message.seq, '🎉'),
      read: () => server.isMember(id) && client.read(id, seq),
      markUnread: () => server.isMember(id) && client.read(id, seq, { unread: true }),
      readElsewhere: () => server.isMember(id) && server.read(id, seq, n % 5 === 0),
      join: () => server.join(id),
      leave: () => server.leave(id),
      deliver: () => server.deliver(1 + (n % 12)),
      lose: () => server.queued.at(-1)?.op === 'event' && server.queued.pop(),
      repeat: () => {
        const event = server.log(id)[seq - 1];
        if (event && server.queued.some((f) => f.op === 'live')) return;
        if (event && server.isMember(id) && client.state === 'live') server.push(event);
      },
      serve: () => request && server.serve(request),
      answer: () => request && server.answer(request),
      fail: () => request && server.fail(request, n % 2 ? 'network' : 'refused'),
      cut: () => server.cut(),
      ping: () => server.ping(),
      restore: () => server.restore(),
      refuse: () => {
        server.refusing = server.refusing ? null : { code: 'overloaded', retryAfter: 1 };
      },
      wait: () => vi.advanceTimersByTimeAsync(n * 5),
      reload: async () => {
        server.cut();
        void client.stop();
        await settle();
        this.client = this.start();
      },
      open: () => void timeline.open(),
      openAt: () => void timeline.open(seq),
      latest: () => void timeline.jumpToLatest(),
      older: () => void timeline.loadOlder(),
      newer: () => void timeline.loadNewer(),
    };
    await actions[kind]();
    await settle();
  }

  /** Returns mentions of the account, of everyone, of others or of no one. */
  #mentions(n: number): Mention[] {
    const { me, other } = this.server;
    const choices: Mention[][] = [
      [{ kind: 'user', name: 'me', id: me }],
      [{ kind: 'everyone' }],
      [{ kind: 'user', name: 'other', id: other }, { kind: 'here' }],
    ];
    return choices[n % 4] ?? [];
  }

  #change(id: ConversationId, { seq, author }: Message, n: number): void {
    const { server } = this;
    if (n % 5 === 4) {
      const type = n % 2 ? 'message.pinned' : 'message.unpinned';
      server.append(id, server.other, type, { message: seq });
    } else if (n % 3 === 0) {
      server.append(id, author, 'message.edited', {
        message: seq,
        body: `edited ${n}`,
        mentions: this.#mentions(n),
      });
    } else if (n % 3 === 1) {
      server.append(id, author, 'message.deleted', { message: seq, author });
    } else {
      server.append(id, server.other, 'reaction.added', { message: seq, emoji: '👍' });
    }
  }

  async heal(): Promise<void> {
    this.server.refusing = null;
    // The first ping can reveal a lost end of a membership, the second one the conversation without it.
    for (let pings = 0; pings < 2; pings++) {
      this.server.ping();
      await heal(this.server, this.client);
    }
  }
}

/** The displayed part of the log, without refused posts, which remain until dismissed. */
const stored = (timeline: Timeline) =>
  timeline.snapshot.messages
    .filter(({ state }) => state !== 'failed')
    .map(({ state: _, seenBy: _seen, ...message }) => message);

/** The displayed messages are a section of the log without a gap, and do not claim to be more. */
function expectStretch(timeline: Timeline, truth: readonly Message[]): void {
  const shown = stored(timeline);
  const { hasOlder, hasNewer, loading, error } = timeline.snapshot;
  expect({ loading, error }).toEqual({ loading: null, error: null });
  const start = truth.findIndex((m) => m.seq === shown[0]?.seq);
  if (shown.length === 0) expect(truth).toEqual([]);
  else expect(shown).toEqual(truth.slice(start, start + shown.length));
  if (!hasNewer) expect(shown.at(-1)?.seq).toBe(truth.at(-1)?.seq);
  if (!hasOlder) expect(start).toBeLessThanOrEqual(0);
}

/** Events of each process and stream arrive once, in order; gaps only where they were reported. */
function expectOrder(applied: World['applied']): void {
  const last = new Map<string, number>();
  for (const { life, event } of applied) {
    const key = `${life} ${event.stream}`;
    const isRestarted = event.type === 'member.joined';
    if (!isRestarted) expect(event.seq).toBeGreaterThan(last.get(key) ?? 0);
    last.set(key, event.seq);
  }
}

/**
 * A view equals the server’s snapshot. Only a count of unread messages that had reached its maximum
 * may be too high by the messages that were deleted since: it is not counted down.
 */
function expectView(client: ParleyClient, server: ModelServer, id: ConversationId): void {
  const view = client.snapshot.conversations.get(id);
  const { unread, ...snapshot } = server.snapshot(id);
  expect(view).toMatchObject(snapshot);
  if (view?.unread === LIMITS.unreadMax) {
    const deleted = server.log(id).filter((e) => e.type === 'message.deleted').length;
    expect(unread).toBeGreaterThanOrEqual(LIMITS.unreadMax - deleted);
  } else expect(view?.unread).toBe(unread);
}

async function expectConverged(world: World): Promise<void> {
  const { server, client } = world;
  for (const [n, id] of world.groups.entries()) {
    const timeline = world.timelines[n] as Timeline;
    if (!server.isMember(id)) {
      expect(client.snapshot.conversations.has(id)).toBe(false);
      continue;
    }
    expectView(client, server, id);
    expect(client.cursors.get(id as unknown as StreamId)).toBe(server.lastSeq(id));
    const truth = server.messages(id);
    // Opened timelines load by themselves; a request that failed is retried explicitly.
    if (timeline.snapshot.error) void timeline.open();
    await world.heal();
    if (timeline.snapshot.messages.length > 0) expectStretch(timeline, truth);
    void timeline.jumpToLatest();
    await world.heal();
    expectStretch(timeline, truth);
    while (timeline.snapshot.hasOlder) {
      void timeline.loadOlder();
      await world.heal();
    }
    expect(stored(timeline)).toEqual(truth);
  }
  expectOrder(world.applied);
  const clients = world.groups.flatMap((id) => server.log(id).map((e) => e.client));
  for (const id of world.posted) expect(clients.filter((c) => c === id).length).toBeLessThan(2);
  // Everything that was not permanently refused (because its author had left) is shown.
  const failed = new Set(client.snapshot.outbox.map((e) => e.id));
  for (const id of world.posted) expect(failed.has(id) || clients.includes(id)).toBe(true);
}

/** A start without the network shows what is stored: the end of each log, and the conversations as they are. */
async function expectStored(world: World): Promise<void> {
  const { server } = world;
  void world.client.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  server.cut();
  server.isReachable = false;
  const client = world.start();
  await settle();
  expect([...client.snapshot.conversations.keys()].sort()).toEqual(
    world.groups.filter((id) => server.isMember(id)).sort(),
  );
  for (const [n, id] of world.groups.entries()) {
    const timeline = world.timelines[n] as Timeline;
    void timeline.open();
    await settle();
    const shown = stored(timeline);
    if (!server.isMember(id)) {
      expect(shown).toEqual([]);
      continue;
    }
    const truth = server.messages(id);
    expect(shown).toEqual(shown.length > 0 ? truth.slice(-shown.length) : []);
    expect(shown.length > 0).toBe(truth.length > 0);
  }
}

test('a client converges to the logs whatever happens', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(anAction, { minLength: 5, maxLength: 50 }),
      async (acksFirst, actions) => {
        const world = new World(acksFirst);
        for (const action of actions) await world.act(action);
        await world.heal();
        await expectConverged(world);
        await expectStored(world);
        void world.client.stop();
        await settle();
      },
    ),
    { numRuns: 200 },
  );
});
