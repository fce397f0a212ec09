import type {
  AccountId,
  Ack,
  ClientId,
  ConversationId,
  DurableCommand,
  Nack,
  Seq,
} from '@parley/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebLocks } from '../../test/support/web-locks.ts';
import { Persistence } from '../storage/persistence.ts';
import { MemoryStore, type OutboxEntry } from '../storage/store.ts';
import { Commands } from './commands.ts';
import { countUnsent } from './count-unsent.ts';

/** A store that executes each operation on the outbox when the test says so. */
class SteppedStore extends MemoryStore {
  readonly #waiting: (() => void)[] = [];

  override async putOutbox(entry: OutboxEntry): Promise<void> {
    await this.#turn();
    await super.putOutbox(entry);
  }

  override async removeOutbox(id: ClientId): Promise<void> {
    await this.#turn();
    await super.removeOutbox(id);
  }

  /** Executes the next operation. Returns false if none is waiting. */
  async step(): Promise<boolean> {
    this.#waiting.shift()?.();
    // Everything that follows from it.
    await new Promise((resolve) => setImmediate(resolve));
    return this.#waiting.length > 0;
  }

  /** Returns the seqs of the stored read marks. */
  async marks(): Promise<number[]> {
    const entries = await this.outbox();
    return entries.map(({ command }) => ('seq' in command ? command.seq : 0));
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

test('a read mark that is overtaken stays stored until the later one is, whenever the program ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat({ max: 3 }), fc.constant('restart' as const)), {
        minLength: 1,
        maxLength: 8,
      }),
      async (steps) => {
        const store = new SteppedStore();
        const persistence = new Persistence(store, (error) => {
          throw error;
        });
        await persistence.open('account' as AccountId);
        const offline = {
          send: () => false,
          generation: () => 1,
          random: () => 0,
          resent: () => {},
        };
        const commands = new Commands(persistence, offline, () => {});
        await commands.start([]);
        let stored = 0;
        const check = async () => {
          const highest = Math.max(0, ...(await store.marks()));
          expect(highest).toBeGreaterThanOrEqual(stored);
          stored = highest;
        };
        let last = 0;
        for (const [n, step] of steps.entries()) {
          if (step === 'restart') {
            commands.stop();
            void commands.start(await store.outbox());
            continue;
          }
          last = n + 1;
          commands.send({
            op: 'read',
            id: `mark-${n}` as ClientId,
            conversation: 'c' as ConversationId,
            seq: (n + 1) as Seq,
          });
          await check();
          for (let i = 0; i < step; i++) {
            await store.step();
            await check();
          }
        }
        while (await store.step()) await check();
        const marks = await store.marks();
        expect(marks.at(-1) ?? 0).toBe(last);
        // Only the last one is left; after a restart perhaps earlier ones, which are sent before it.
        if (!steps.includes('restart')) expect(marks).toEqual([last]);
        const pending = commands.entries.map(({ command }) => command.op === 'read' && command.seq);
        expect(pending).toEqual(expect.arrayContaining(marks));
        commands.stop();
      },
    ),
  );
});

const C = 'c' as ConversationId;
const NO_LIMIT = { commands: 0, commandWindowMs: 10_000 };
const id = (text: string) => text as ClientId;
const post = (text: string): DurableCommand => ({
  ...{ op: 'post', id: id(text), conversation: C, body: text },
});
const pin = (text: string): DurableCommand => ({
  ...{ op: 'pin', id: id(text), conversation: C, message: 1 as Seq },
});
const ackOf = (text: string) => ({ op: 'ack', id: text, seq: 5, at: '' }) as unknown as Ack;
const nackOf = (text: string, retryAfter?: number): Nack => ({
  ...{ op: 'nack', id: text, code: 'not_found', message: 'gone' },
  ...(retryAfter !== undefined && { retryAfter }),
});

/** Commands on a store, with a connection that accepts everything. */
async function onStore(store: MemoryStore = new MemoryStore()) {
  const persistence = new Persistence(store, (error) => {
    throw error;
  });
  const saved = await persistence.open('account' as AccountId);
  const sent: string[] = [];
  const counts = { resent: 0, changes: 0 };
  const connection = {
    send: (text: string) => sent.push((JSON.parse(text) as { id: string }).id) > 0,
    generation: () => 1,
    random: () => 0,
    resent: () => {
      counts.resent++;
    },
  };
  const commands = new Commands(persistence, connection, () => {
    counts.changes++;
  });
  const stored = async () => (await store.outbox()).map((entry) => entry.id);
  return { commands, saved, sent, counts, stored, store };
}

/** Runs everything that needs no timers. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('commands', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    vi.stubGlobal('navigator', { locks: new WebLocks() });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test('are stored once the store is open, in their order, and then sent', async () => {
    const { commands, sent, stored, counts } = await onStore();
    commands.connected(NO_LIMIT);
    commands.send(post('a'));
    commands.send(post('b'));
    await settle();
    expect([await stored(), sent, commands.entries.length]).toEqual([[], [], 2]);
    await commands.start([]);
    await settle();
    expect([await stored(), sent]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(commands.entries.map((entry) => entry.id)).toEqual(['a', 'b']);
    const [first, second] = commands.entries.map((entry) => entry.order);
    expect(second).toBeGreaterThan(first ?? Number.NaN);
    const before = counts.changes;
    commands.acked(ackOf('a'), () => undefined);
    await settle();
    expect([await stored(), counts.changes]).toEqual([['b'], before + 1]);
  });

  test('of a closed tab are sent by another one, and those of an open tab only by it', async () => {
    const store = new MemoryStore();
    const first = await onStore(store);
    await first.commands.start([]);
    first.commands.send(post('a'));
    await settle();
    const second = await onStore(store);
    second.commands.connected(NO_LIMIT);
    await second.commands.start(second.saved.outbox);
    await vi.advanceTimersByTimeAsync(30_000);
    await settle();
    expect([second.sent, second.commands.entries]).toEqual([[], []]);
    // A logout in the second tab would discard it.
    const ofSecond = { outbox: second.commands.entries, waitingChanges: 0 };
    expect(await countUnsent(ofSecond, new Persistence(store, () => undefined))).toBe(1);
    first.commands.stop();
    await settle();
    await vi.advanceTimersByTimeAsync(29_999);
    await settle();
    expect(second.sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(second.sent).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(60_000);
    await settle();
    expect(second.sent).toEqual(['a']);
    second.commands.stop();
    await settle();
    const third = await onStore(store);
    third.commands.connected(NO_LIMIT);
    await third.commands.start(third.saved.outbox);
    expect(third.sent).toEqual(['a']);
    third.commands.stop();
  });

  test('are not taken over by a tab that was stopped meanwhile', async () => {
    const store = new SteppedStore();
    const first = await onStore(store);
    await first.commands.start([]);
    first.commands.send(post('a'));
    await store.step();
    first.commands.stop();
    await settle();
    const second = await onStore(store);
    const start = second.commands.start(second.saved.outbox);
    await settle();
    second.commands.stop();
    await store.step();
    await start;
    expect(second.commands.entries).toEqual([]);
    // Nothing is stored before the next start.
    second.commands.send(post('b'));
    expect(await store.step()).toBe(false);
    expect(await second.stored()).toEqual(['a']);
  });

  test('are sent again over a restart of the client, and counted as sent again', async () => {
    const { commands, sent, counts, store } = await onStore();
    commands.connected(NO_LIMIT);
    await commands.start([]);
    commands.send(post('a'));
    await settle();
    commands.stop();
    await commands.start(await store.outbox());
    commands.connected(NO_LIMIT);
    expect([sent, counts.resent, commands.entries.length]).toEqual([['a', 'a'], 1, 1]);
    commands.stop();
  });

  test('wait while there is no socket', async () => {
    const { commands, sent, stored } = await onStore();
    commands.connected(NO_LIMIT);
    await commands.start([]);
    commands.disconnected();
    commands.send(post('a'));
    await settle();
    expect([sent, await stored()]).toEqual([[], ['a']]);
    commands.connected(NO_LIMIT);
    expect(sent).toEqual(['a']);
  });

  test('that are refused: a post stays until it is discarded, another one does not', async () => {
    const { commands, stored, counts } = await onStore();
    commands.connected(NO_LIMIT);
    await commands.start([]);
    const refusal = { code: 'not_found', message: 'gone' };
    const settled = [post('a'), pin('b')].map((one) => commands.send(one).settled);
    await settle();
    expect(commands.nacked(nackOf('unknown'))).toBeNull();
    expect(commands.nacked(nackOf('a'))).toMatchObject({ entry: { id: 'a' }, refusal });
    expect(commands.nacked(nackOf('b', 3))?.refusal).toEqual({ ...refusal, retryAfter: 3 });
    await expect(settled[0]).rejects.toMatchObject({ refusal });
    await expect(settled[1]).rejects.toMatchObject({ refusal: { ...refusal, retryAfter: 3 } });
    await settle();
    expect(await stored()).toEqual(['a']);
    expect(commands.failed(id('a'))).toMatchObject({ state: 'failed', failure: refusal });
    const before = counts.changes;
    commands.discard(id('a'));
    await settle();
    expect([await stored(), commands.entries, counts.changes]).toEqual([[], [], before + 1]);
    // Sent again under the same id, both have another answer.
    const again = [post('a'), pin('b')].map((one) => commands.send(one).settled);
    await settle();
    for (const one of ['a', 'b']) commands.acked(ackOf(one), () => undefined);
    expect(await Promise.all(again)).toEqual([ackOf('a'), ackOf('b')]);
  });

  test('that are not known here change nothing when they are answered', async () => {
    const { commands, counts } = await onStore();
    await commands.start([]);
    const before = counts.changes;
    const answered: unknown[] = [];
    commands.acked(ackOf('unknown'), (entry) => answered.push(entry));
    expect([answered, counts.changes]).toEqual([[], before]);
    commands.stop();
  });

  test('of another account are neither sent nor answered', async () => {
    const { commands, sent, counts } = await onStore();
    await commands.start([]);
    const settled = commands.send(post('a')).settled;
    await settle();
    const before = counts.changes;
    commands.stop();
    commands.clear();
    expect([commands.entries, counts.changes]).toEqual([[], before + 1]);
    await expect(settled).rejects.toMatchObject({ refusal: { code: 'session_ended' } });
    await commands.start([]);
    commands.connected(NO_LIMIT);
    expect(sent).toEqual([]);
    const again = commands.send(post('a')).settled;
    await settle();
    commands.acked(ackOf('a'), () => undefined);
    expect([sent, await again]).toEqual([['a'], ackOf('a')]);
  });
});
