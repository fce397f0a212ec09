import { type AccountId, isRetryable } from '@parley/protocol';
import type pg from 'pg';
import { BackgroundWorker } from '../background-worker.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Append } from '../stream/append.ts';
import { type DueScheduled, failScheduled, sendDue } from './scheduled-commands.ts';
import { deferScheduled, dueScheduled } from './scheduled-queries.ts';

/** Interval of the search for messages that are due: the greatest delay of a message. */
const POLL_MS = 2_000;
/** Delay of a retry after an error. */
const RETRY_MS = 2_000;
/** Messages sent at a time. */
const BATCH = 50;
/**
 * A message that is later than this, because no server was running, is not sent without asking its
 * author: a backup from last month would otherwise send everything that was scheduled since.
 */
const LATE_MS = 24 * 3_600_000;

/** The dependencies of {@link ScheduledSender}. */
export interface ScheduledSenderDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Sends scheduled messages when they are due. Every node looks for them; a message is posted in the
 * transaction that removes it from the scheduled ones, so each is sent once, also by nodes that are killed
 * meanwhile. What cannot be sent is kept, and marked with the reason.
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
    const { pool, clock } = this.#deps;
    for (;;) {
      const due = await dueScheduled(pool, new Date(clock.now()), BATCH);
      // Those of one account one after the other: in their order, also within a conversation.
      const byAccount = new Map<AccountId, DueScheduled[]>();
      for (const message of due) {
        const sameAccount = byAccount.get(message.account);
        if (sameAccount) sameAccount.push(message);
        else byAccount.set(message.account, [message]);
      }
      await Promise.all(
        [...byAccount.values()].map(async (messages) => {
          for (const message of messages) await this.#send(message);
        }),
      );
      if (isStopped() || due.length < BATCH) return;
    }
  }

  async #send(due: DueScheduled): Promise<void> {
    const { pool, append, clock } = this.#deps;
    if (clock.now() - due.sendAt.getTime() > LATE_MS) {
      assertNotUnknown(await failScheduled(append, due, 'too_late'));
      return;
    }
    const outcome = await sendDue(append, due);
    if (outcome.kind !== 'refused') {
      assertNotUnknown(outcome);
      return;
    }
    const { code, retryAfter } = outcome.refusal;
    // Changed, sent or deleted since it was found to be due.
    if (code === 'scheduled_not_found') return;
    if (retryAfter !== undefined || isRetryable(code)) {
      const at = clock.now() + Math.max(POLL_MS, (retryAfter ?? 0) * 1_000);
      await deferScheduled(pool, due, new Date(at));
      return;
    }
    assertNotUnknown(await failScheduled(append, due, code));
  }
}

/** @throws when it is unknown whether the command was committed: the next search shows it */
function assertNotUnknown(outcome: { readonly kind: string }): void {
  if (outcome.kind === 'unknown') throw new Error('The outcome of a scheduled message is unknown');
}
