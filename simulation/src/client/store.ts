import { CursorFirstStore, type SurvivingStore } from '@parley/chaos/clients/store';
import type { Changes, OutboxEntry, Saved, Store } from '@parley/client';
import type { AccountId, ClientId } from '@parley/protocol';
import type { Scheduler } from '../event-loop/scheduler.ts';

/** The duration of any operation on the storage of a device, ms. */
const WRITE_MS = 2;
/** The share of calls that complete some time before the client learns of it. */
const LATE_ANSWERS = 0.1;

/**
 * The store of a client as used by one of its processes. Calls are executed sequentially, as in
 * IndexedDB. Calls and answers take time: a crash may happen before a change is stored, or after
 * that but before the client learns of it.
 */
export class ProcessStore implements Store {
  readonly #store: SurvivingStore;
  readonly #scheduler: Scheduler;
  readonly #onOpen: (saved: Saved) => void;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * `store` is the data that survives; `onOpen` is called with the data that the client starts with.
   */
  constructor(store: SurvivingStore, scheduler: Scheduler, onOpen: (saved: Saved) => void) {
    this.#store = store;
    this.#scheduler = scheduler;
    this.#onOpen = onOpen;
  }

  open(account: AccountId): Promise<Saved> {
    return this.#do(async () => {
      const saved = await this.#store.open(account);
      this.#onOpen(saved);
      return saved;
    });
  }

  apply(changes: Changes): Promise<void> {
    return this.#do(async () => {
      if (this.#store instanceof CursorFirstStore) await this.#store.apply(changes);
      else this.#store.take(changes);
    });
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.#do(() => this.#store.putOutbox(entry));
  }

  removeOutbox(id: ClientId): Promise<void> {
    return this.#do(() => this.#store.removeOutbox(id));
  }

  outbox(): Promise<OutboxEntry[]> {
    return this.#do(() => this.#store.outbox());
  }

  clear(): Promise<void> {
    return this.#do(() => this.#store.clear());
  }

  close(): Promise<void> {
    return this.#do(() => this.#store.close());
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
