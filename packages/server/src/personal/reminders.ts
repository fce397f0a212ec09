import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { type Append, assertStored } from '../stream/append.ts';
import { remind } from './saved-commands.ts';
import { dueReminders } from './saved-queries.ts';

/** Interval of the search for due reminders, and so the greatest delay of a reminder. */
const POLL_MS = 2_000;
/** Delay of a retry after an error. */
const RETRY_MS = 2_000;
/** Reminders given at a time. */
const BATCH = 100;

interface RemindersDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Gives reminders of saved messages when they are due. Every node searches for them; the id of the
 * command is derived from the reminder, so each is given once, even if nodes are killed meanwhile.
 */
export class Reminders {
  readonly #deps: RemindersDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: RemindersDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#sendDue(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => deps.log.warn({ err: error }, 'reminders not delivered, will be retried'),
    });
  }

  /** Gives reminders until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #sendDue(isStopped: () => boolean): Promise<void> {
    const { pool, append, clock } = this.#deps;
    for (;;) {
      const due = await dueReminders(pool, new Date(clock.now()), BATCH);
      const outcomes = await Promise.all(due.map((reminder) => remind(append, reminder)));
      if (isStopped()) return;
      for (const outcome of outcomes) assertStored(outcome, 'A reminder was not stored');
      if (due.length < BATCH) return;
    }
  }
}
