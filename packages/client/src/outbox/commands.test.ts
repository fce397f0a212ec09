import type { AccountId, ClientId, ConversationId, Seq } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Persistence } from '../storage/persistence.ts';
import { MemoryStore, type OutboxEntry } from '../storage/store.ts';
import { Commands } from './commands.ts';

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
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 8 }),
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
        for (const [n, count] of steps.entries()) {
          commands.send({
            op: 'read',
            id: `mark-${n}` as ClientId,
            conversation: 'c' as ConversationId,
            seq: (n + 1) as Seq,
          });
          await check();
          for (let i = 0; i < count; i++) {
            await store.step();
            await check();
          }
        }
        while (await store.step()) await check();
        // Only the last one is left.
        expect(await store.marks()).toEqual([steps.length]);
        commands.stop();
      },
    ),
  );
});
