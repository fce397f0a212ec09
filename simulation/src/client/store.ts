import { CursorFirstStore, type KeptStore } from '@parley/chaos/store';
import type { Changes, OutboxEntry, Saved, Store } from '@parley/client';
import type { AccountId, ClientId } from '@parley/protocol';
import type { Scheduler } from '../scheduler.ts';

/** How long the storage of a device takes for anything, ms. */
const WRITE_MS = 2;
/** The share of calls that are done some time before the client knows. */
const LATE_ANSWERS = 0.1;

/**
 * The store of a client as one process of it uses it. Calls are carried out one after the other, as by
 * IndexedDB. Each takes a while, and so does its answer: a crash may come before a change is stored, or
 * after that and before the client knows.
 */
export class ProcessStore implements Store {
  readonly #kept: KeptStore;
  readonly #scheduler: Scheduler;
  readonly #onOpen: (saved: Saved) => void;
  #last: Promise<unknown> = Promise.resolve();

  /** `kept` is what survives; `onOpen` is called with what the client starts with. */
  constructor(kept: KeptStore, scheduler: Scheduler, onOpen: (saved: Saved) => void) {
    this.#kept = kept;
    this.#scheduler = scheduler;
    this.#onOpen = onOpen;
  }

  open(account: AccountId): Promise<Saved> {
    return this.#do(async () => {
      const saved = await this.#kept.open(account);
      this.#onOpen(saved);
      return saved;
    });
  }

  apply(changes: Changes): Promise<void> {
    return this.#do(async () => {
      if (this.#kept instanceof CursorFirstStore) await this.#kept.apply(changes);
      else this.#kept.take(changes);
    });
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.#do(() => this.#kept.putOutbox(entry));
  }

  removeOutbox(id: ClientId): Promise<void> {
    return this.#do(() => this.#kept.removeOutbox(id));
  }

  outbox(): Promise<OutboxEntry[]> {
    return this.#do(() => this.#kept.outbox());
  }

  clear(): Promise<void> {
    return this.#do(() => this.#kept.clear());
  }

  close(): Promise<void> {
    return this.#do(() => this.#kept.close());
  }

  #do<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      await this.#wait();
      const result = await work();
      if (this.#scheduler.random() < LATE_ANSWERS) await this.#wait();
      return result;
    });
    this.#last = done;
    return done;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#scheduler.later(0, WRITE_MS, resolve));
  }
}
