import { isRetryable } from '@parley/protocol';
import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Logger } from '../runtime/log.ts';
import { type Append, assertStored } from '../stream/append.ts';
import { deferScheduled, dueScheduled } from './scheduled-queries.ts';
import { LATE_MS } from './scheduled-row.ts';
import { type DueScheduled, failScheduled, sendDue } from './scheduled-sending.ts';

/** Interval of the search for due messages, and so the greatest delay of a message. */
const POLL_MS = 2_000;
/** Delay of a retry after an error. */
const RETRY_MS = 2_000;
/** Messages sent at a time. */
const BATCH = 50;
/** The longest deferral: a suspension may be lifted before its end, and slow mode be turned off. */
const DEFER_MAX_MS = 600_000;
/**
 * The error when a command was not stored, or its outcome is unknown; the next search finds out.
 */
const NOT_HANDLED = 'A scheduled message was not handled';

interface ScheduledSenderDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly log: Logger;
}

/**
 * Sends scheduled messages when they are due. Every node searches for them; a message is posted in
 * the transaction that removes it from the scheduled ones, so each is sent once, even if nodes are
 * killed meanwhile. Messages that cannot be sent are kept, and marked with the reason.
 */
export class ScheduledSender {
  readonly #deps: ScheduledSenderDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: ScheduledSenderDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#sendDue(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) =>
        deps.log.warn({ err: error }, 'scheduled messages not sent, will be retried'),
    });
  }

  /** Sends messages until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Stops after the current batch. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #sendDue(isStopped: () => boolean): Promise<void> {
    // Each search finds one message per author and conversation, which is then sent, failed or
    // deferred: so the loop ends, and messages of a conversation keep their order.
    for (;;) {
      const due = await dueScheduled(this.#deps.pool, LATE_MS, BATCH);
      await Promise.all(due.map((message) => this.#send(message)));
      if (isStopped() || due.length === 0) return;
    }
  }

  async #send(due: DueScheduled): Promise<void> {
    const { pool, append } = this.#deps;
    if (due.isTooLate) {
      assertStored(await failScheduled(append, due, 'too_late'), NOT_HANDLED);
      return;
    }
    const outcome = await sendDue(append, due);
    if (outcome.kind !== 'refused') {
      assertStored(outcome, NOT_HANDLED);
      return;
    }
    const { code, retryAfter } = outcome.refusal;
    // Changed, sent or deleted since it was due.
    if (code === 'scheduled_not_found') return;
    if (retryAfter !== undefined || isRetryable(code)) {
      const delayMs = Math.max(POLL_MS, (retryAfter ?? 0) * 1_000);
      await deferScheduled(pool, due, Math.min(delayMs, DEFER_MAX_MS));
      return;
    }
    assertStored(await failScheduled(append, due, code), NOT_HANDLED);
  }
}
