import 'fake-indexeddb/auto';
import type {
  AccountId,
  ClientId,
  Conversation,
  ConversationId,
  DurableCommand,
  Me,
  Message,
  Seq,
  StreamId,
  TimelineEvent,
} from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IndexedDbStore } from './indexeddb-store.ts';
import { Persistence } from './persistence.ts';
import {
  type Changes,
  MemoryStore,
  NOTHING_SAVED,
  type OutboxEntry,
  type Saved,
  type Store,
} from './store.ts';

const C = 'c' as ConversationId;
const S = 'c' as StreamId;
const seq = (n: number) => n as Seq;

/** A store that records what it was given, slowly, and fails on request. */
class SlowStore implements Store {
  readonly applied: Changes[] = [];
  readonly calls: string[] = [];
  failing = false;
  busy = 0;
  overlapped = false;
  readonly #ticks: (call: string) => number;

  constructor(ticks: (call: string) => number = () => 1) {
    this.#ticks = ticks;
  }

  async #work(call: string): Promise<void> {
    for (let n = this.#ticks(call); n > 0; n--)
      await new Promise((resolve) => setImmediate(resolve));
    if (this.failing) throw new Error('disk full');
    this.calls.push(call);
  }

  async open(): Promise<Saved> {
    await this.#work('open');
    return NOTHING_SAVED;
  }

  async apply(changes: Changes): Promise<void> {
    if (this.busy++ > 0) this.overlapped = true;
    try {
      await this.#work('apply');
      this.applied.push(changes);
    } finally {
      this.busy--;
    }
  }

  putOutbox = (entry: OutboxEntry): Promise<void> => this.#work(`put ${entry.id}`);
  removeOutbox = (id: ClientId): Promise<void> => this.#work(`remove ${id}`);
  clear = (): Promise<void> => this.#work('clear');
  close = (): Promise<void> => this.#work('close');
  async outbox(): Promise<OutboxEntry[]> {
    await this.#work('outbox');
    return [anEntry('stored')];
  }
}

function aMessage(n: number, body = `${n}`): Message {
  return { conversation: C, seq: seq(n), body, changedSeq: seq(n) } as Message;
}

function anEntry(id: string): OutboxEntry {
  const command = { op: 'post', id } as unknown as DurableCommand;
  return { id: id as ClientId, order: 1, command, createdAt: 0, state: 'pending', owner: 't' };
}

function aPersistence(store: Store) {
  const failures: Error[] = [];
  return { persistence: new Persistence(store, (error) => failures.push(error)), failures };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('stored data', () => {
  test('changes of one turn are one transaction: data and cursor together', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    persistence.epoch('e');
    persistence.message(aMessage(1));
    persistence.cursor(S, seq(1));
    persistence.message(aMessage(2));
    persistence.cursor(S, seq(2));
    persistence.conversation(C, { id: C } as Conversation);
    persistence.state({ users: [] });
    persistence.state({ me: { id: 'me' } as Me });
    await persistence.close();
    expect(store.applied).toHaveLength(1);
    expect(store.applied[0]?.state).toEqual({ users: [], me: { id: 'me' } });
    expect(store.applied[0]).toMatchObject({ epoch: 'e', messages: [aMessage(1), aMessage(2)] });
    expect([...(store.applied[0]?.cursors ?? [])]).toEqual([[S, 2]]);
    expect([...(store.applied[0]?.conversations ?? [])]).toEqual([[C, { id: C }]]);
    expect(store.calls).toEqual(['apply', 'close']);
  });

  test('is stored by itself, after the turn', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    persistence.cursor(S, seq(1));
    expect(store.applied).toHaveLength(0);
    await turn();
    await turn();
    await expect.poll(() => store.applied.length).toBe(1);
    persistence.cursor(S, seq(2));
    await expect.poll(() => store.applied.length).toBe(2);
    expect(store.applied[1]?.epoch).toBeUndefined();
  });

  const event = (stream: StreamId, n: number) => ({ stream, seq: n }) as unknown as TimelineEvent;
  const changes: [string, (persistence: Persistence) => void, Partial<Changes>][] = [
    ['an epoch', (p) => p.epoch('e'), { epoch: 'e' }],
    ['a cursor', (p) => p.cursor(S, seq(1)), { cursors: new Map([[S, seq(1)]]) }],
    ['a message', (p) => p.message(aMessage(1)), { messages: [aMessage(1)] }],
    [
      ...(['a window', (p: Persistence) => p.window(C, seq(3), [])] as const),
      { windows: new Map([[C, seq(3)]]) },
    ],
    [
      ...(['a restarted window', (p: Persistence) => p.restartWindow(C, seq(3))] as const),
      { windows: new Map([[C, seq(3)]]) },
    ],
    ['a dropped window', (p) => p.dropWindow(C), { windows: new Map([[C, null]]) }],
    [
      'the end of a membership',
      (p) => p.conversation(C, null),
      { conversations: new Map([[C, null]]) },
    ],
    [
      ...(['an event', (p: Persistence) => p.timelineEvents([event(S, 1)])] as const),
      { timelineEvents: [event(S, 1)] },
    ],
    ['the account', (p) => p.state({ users: [] }), { state: { users: [] } }],
  ];
  test.each(changes)('%s is stored by itself, and only once', async (_what, change, expected) => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    const nothing = { messages: [], timelineEvents: [], cursors: new Map() };
    change(persistence);
    await expect.poll(() => store.applied.length).toBe(1);
    const empty = { ...nothing, windows: new Map(), conversations: new Map() };
    expect(store.applied).toEqual([{ ...empty, ...expected }]);
    persistence.timelineEvents([]);
    await persistence.close();
    expect(store.calls).toEqual(['apply', 'close']);
  });

  test('without the events of a conversation whose window is dropped before', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    const other = 'd' as StreamId;
    persistence.timelineEvents([event(S, 1), event(other, 2)]);
    persistence.dropWindow(C);
    persistence.timelineEvents([event(S, 3)]);
    await persistence.close();
    expect(store.applied[0]?.timelineEvents).toEqual([event(other, 2), event(S, 3)]);
  });

  test('includes changes and events only if the store keeps them', async () => {
    const { persistence, failures } = aPersistence(new SlowStore());
    const change = { id: 'x' as ClientId, of: 'locale', change: 'de' } as const;
    await persistence.putChange(change);
    await persistence.removeChange(change.id);
    expect(await persistence.changes()).toEqual([]);
    expect(await persistence.storedTimelineEvents(C)).toEqual([]);
    const calls: unknown[] = [];
    const keeping = Object.assign(new MemoryStore(), {
      putChange: async (one: unknown) => void calls.push(one),
      removeChange: async (one: unknown) => void calls.push(one),
      changes: async () => [change],
      timelineEvents: async (one: unknown) => [one],
    });
    const { persistence: kept } = aPersistence(keeping as unknown as Store);
    await kept.putChange(change);
    await kept.removeChange(change.id);
    expect([await kept.changes(), await kept.storedTimelineEvents(C)]).toEqual([[change], [C]]);
    expect([calls, failures]).toEqual([[change, 'x'], []]);
  });

  test('no transaction overlaps another, and nothing is lost, whatever the timing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ n: fc.nat(3), wait: fc.boolean() }), { maxLength: 30 }),
        fc.infiniteStream(fc.nat(4)),
        async (steps, ticks) => {
          const store = new SlowStore(() => ticks.next().value ?? 0);
          const { persistence, failures } = aPersistence(store);
          const cursors = new Map<StreamId, Seq>();
          let last = 0;
          for (const { n, wait } of steps) {
            const stream = `s${n}` as StreamId;
            const next = seq((cursors.get(stream) ?? 0) + 1);
            cursors.set(stream, next);
            persistence.message({ ...aMessage(next), conversation: `${stream}` as ConversationId });
            persistence.cursor(stream, next);
            if (wait) await turn();
          }
          await persistence.close();
          expect(failures).toEqual([]);
          expect(store.overlapped).toBe(false);
          const stored = new Map<StreamId, Seq | null>();
          let messages = 0;
          for (const changes of store.applied) {
            for (const [stream, at] of changes.cursors) stored.set(stream, at);
            messages += changes.messages.length;
            for (const [stream, at] of changes.cursors) {
              // The data of a cursor is in the same transaction or in an earlier one.
              const known = store.applied.slice(0, store.applied.indexOf(changes) + 1);
              const has = known.some((c) =>
                c.messages.some((m) => `${m.conversation}` === stream && m.seq === at),
              );
              expect(has).toBe(true);
            }
            last++;
          }
          expect(stored).toEqual(cursors);
          expect(messages).toBe([...cursors.values()].reduce((sum, n) => sum + n, 0));
          expect(last).toBe(store.applied.length);
          expect(store.calls.at(-1)).toBe('close');
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a restarted window keeps only what is after its start', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    for (let n = 1; n <= 5; n++) persistence.message(aMessage(n));
    persistence.message({ ...aMessage(1), conversation: 'other' as ConversationId });
    persistence.restartWindow(C, seq(4));
    await persistence.close();
    const [changes] = store.applied;
    expect(changes?.messages.map((m) => `${m.conversation}${m.seq}`)).toEqual([
      'c4',
      'c5',
      'other1',
    ]);
    expect([...(changes?.windows ?? [])]).toEqual([[C, 4]]);
  });

  test('a dropped window removes only its own messages', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    persistence.message(aMessage(1));
    persistence.message({ ...aMessage(1), conversation: 'other' as ConversationId });
    persistence.dropWindow(C);
    await persistence.close();
    const [changes] = store.applied;
    expect(changes?.messages.map((m) => m.conversation)).toEqual(['other']);
    expect([...(changes?.windows ?? [])]).toEqual([[C, null]]);
  });

  test('a window is stored together with its messages', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    persistence.window(C, seq(1), [aMessage(1), aMessage(2)]);
    await expect.poll(() => store.applied.length).toBe(1);
    expect(store.applied[0]?.messages).toHaveLength(2);
    expect([...(store.applied[0]?.windows ?? [])]).toEqual([[C, 1]]);
  });
});

describe('a store that fails', () => {
  test('is reported once, and the client continues in memory', async () => {
    const store = new SlowStore();
    const { persistence, failures } = aPersistence(store);
    await persistence.putOutbox(anEntry('a'));
    store.failing = true;
    await persistence.putOutbox(anEntry('b'));
    persistence.cursor(S, seq(1));
    await persistence.putOutbox(anEntry('c'));
    expect(failures.map((e) => e.message)).toEqual(['disk full']);
    expect((await persistence.outbox()).map((e) => e.id)).toEqual(['b', 'c']);
    await persistence.removeOutbox('b' as ClientId);
    expect((await persistence.outbox()).map((e) => e.id)).toEqual(['c']);
  });

  test('keeps the data of two calls that fail at once in memory', async () => {
    const store = new SlowStore();
    const { persistence, failures } = aPersistence(store);
    store.failing = true;
    await Promise.all([persistence.putOutbox(anEntry('a')), persistence.putOutbox(anEntry('b'))]);
    expect((await persistence.outbox()).map((e) => e.id)).toEqual(['a', 'b']);
    expect(failures).toHaveLength(1);
  });

  test('has not failed while it is opening: writes wait for it', async () => {
    const store = new IndexedDbStore();
    const { persistence, failures } = aPersistence(store);
    const opened = persistence.open('me' as AccountId);
    await Promise.all([opened, persistence.putOutbox(anEntry('early'))]);
    expect((await store.outbox()).map((e) => e.id)).toEqual(['early']);
    expect(failures).toEqual([]);
  });

  test('is replaced if it fails to open', async () => {
    const store = new SlowStore();
    store.failing = true;
    const { persistence, failures } = aPersistence(store);
    expect(await persistence.open('a' as AccountId)).toMatchObject({ epoch: null, outbox: [] });
    expect(failures).toHaveLength(1);
  });
});

describe('clear', () => {
  test('clears the store after pending writes, and stores nothing afterwards', async () => {
    const store = new SlowStore((call) => (call === 'clear' ? 1 : 5));
    const { persistence } = aPersistence(store);
    void persistence.putOutbox(anEntry('a'));
    persistence.cursor(S, seq(1));
    await turn();
    persistence.cursor(S, seq(2));
    const cleared = persistence.clear();
    void persistence.putOutbox(anEntry('b'));
    persistence.cursor(S, seq(3));
    await cleared;
    await turn();
    expect(store.calls.at(-1)).toBe('clear');
    expect(store.calls).not.toContain('put b');
    expect(store.applied.flatMap((c) => [...c.cursors.values()])).not.toContain(3);
    // Another client may have stored something since.
    await persistence.clear();
    expect(store.calls.filter((call) => call === 'clear')).toHaveLength(1);
  });

  test('belongs to one start: another account’s data is stored, cleared and closed again', async () => {
    const store = new SlowStore(() => 0);
    const { persistence } = aPersistence(store);
    await persistence.open('ann' as AccountId);
    persistence.cursor(S, seq(1));
    // In the same turn: what still waits is not stored for the next account.
    await persistence.clear();
    await persistence.open('bob' as AccountId);
    await turn();
    persistence.cursor(S, seq(2));
    await turn();
    await turn();
    expect(store.applied.flatMap((c) => [...c.cursors.values()])).toEqual([2]);
    await persistence.clear();
    await persistence.close();
    await persistence.open('ann' as AccountId);
    await persistence.close();
    const ends = store.calls.filter((call) => call === 'clear' || call === 'close');
    expect(ends).toEqual(['clear', 'clear', 'close', 'close']);
  });

  test('reports a failure', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    store.failing = true;
    await expect(persistence.clear()).rejects.toThrow('disk full');
  });

  test('reads and removes entries where they are stored', async () => {
    const store = new SlowStore();
    const { persistence } = aPersistence(store);
    expect((await persistence.outbox()).map((e) => e.id)).toEqual(['stored']);
    await persistence.removeOutbox('a' as ClientId);
    expect(store.calls).toEqual(['outbox', 'remove a']);
  });

  test('keeps what arrives after closing in memory, which is not a failure', async () => {
    const { persistence, failures } = aPersistence(new MemoryStore());
    await persistence.close();
    persistence.cursor(S, seq(1));
    await turn();
    expect(failures).toEqual([]);
  });
});
