import { isRetryable, type Refusal, refusal, type Seq, type StreamId } from '@parley/protocol';
import pg from 'pg';
import type { Metrics } from '../metrics/metrics.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import {
  CommitOutcomeUnknown,
  isConnectionError,
  withPipelinedTransaction,
} from '../storage/database.ts';
import { refusalOfDatabaseError } from '../storage/database-refusal.ts';
import { BatchDelay } from './batch-delay.ts';
import { CommandQueue, type Queueable } from './command-queue.ts';
import { DeferredCommands } from './deferred-commands.ts';
import { type Consequences, executeBatch } from './execute-batch.ts';
import type { Pending } from './outcome.ts';
import { Overlap } from './overlap.ts';
import type { StoredEvent } from './record.ts';
import { type Command, StreamTransaction } from './stream-transaction.ts';

/** The largest batch. */
const BATCH = { commands: 256, bytes: 1024 * 1024 };
/** While this many commands wait, further ones are deferred. */
const QUEUE_MAX = 20_000;
/** Transactions in flight at a time, and with them connections to the database. */
export const TRANSACTIONS_MAX = 4;
/** While the database is unreachable, a command is deferred after this time, ms. */
const UNREACHABLE_MAX_MS = 8_000;
/** Attempts of a transaction that fails with a deadlock or a lock timeout. */
const ATTEMPTS = 3;
/**
 * The most turns of the event loop that a batch waits for further commands, in case the clock does
 * not advance.
 */
const DELAY_TURNS = 64;
/** The reason given for deferring a command only because an earlier one was. */
const BEHIND = 'An earlier command in this stream was deferred; send it again first';

/** A command in the queue. */
interface Waiting extends Pending, Queueable {
  /**
   * Its place among all commands; a command that is deferred and sent again keeps the place of its
   * earliest copy.
   */
  order: number;
}

/** Where a {@link BatchWriter} stores commands, and whom it tells of what was stored. */
export interface BatchWriterDeps extends Consequences {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics?: Metrics | undefined;
  /** The number of commands that may wait, if not {@link QUEUE_MAX}. */
  readonly queueMax?: number | undefined;
  /** Receives committed events. Called after their senders were answered. */
  readonly publish: (events: readonly StoredEvent[]) => void;
  /**
   * Called with the first event of a command that an earlier COMMIT of unknown outcome has stored, as a
   * retry has shown: the event was never published. The comparison of heads finds its events in other streams.
   */
  readonly announce?: (stream: StreamId, seq: Seq) => void;
  /** Why writes are rejected now; null if they are not. */
  readonly rejectWrites?: () => Refusal | null;
}

/**
 * Executes commands in batches, each batch in one transaction. A single command is executed at once.
 * Commands that arrive while a transaction is in flight share the next one, and its fsync.
 *
 * 1. Commands of one stream are executed in the order of their arrival.
 * 2. A command is answered `stored` only after COMMIT was confirmed.
 * 3. If a batch fails, its commands are tried one at a time: a bad one does not fail the others.
 * 4. A command whose COMMIT was not confirmed is tried again with the same client id. If the outcome is
 *    not known in time, it is `unknown`, never `refused`.
 * 5. While a command is deferred (rejected for now, or of unknown outcome), later commands of its
 *    sender in that stream are deferred too, until it is sent again: a sender’s messages do not
 *    overtake each other.
 */
export class BatchWriter {
  readonly #deps: BatchWriterDeps;
  readonly #queue = new CommandQueue<Waiting>(BATCH);
  readonly #deferred = new DeferredCommands();
  readonly #overlap = new Overlap();
  readonly #delay = new BatchDelay(BATCH.commands);
  #inFlight = 0;
  /** The start of the next transaction, if it is scheduled. */
  #next: NodeJS.Immediate | NodeJS.Timeout | null = null;
  #idle: (() => void)[] = [];

  constructor(deps: BatchWriterDeps) {
    this.#deps = deps;
  }

  /** Adds a command; it is settled once. */
  push(pending: Pending): void {
    const { command, digest, since, uncertain, settle } = pending;
    const waiting: Waiting = {
      command,
      digest,
      since,
      uncertain,
      settle,
      order: this.#deferred.orderOf(command),
      streams: command.alsoLocks ? [command.stream, ...command.alsoLocks] : [command.stream],
      bytes: command.bytes,
    };
    if (this.#queue.length >= (this.#deps.queueMax ?? QUEUE_MAX)) {
      this.#defer(waiting, refusal('overloaded', undefined, { retryAfter: 2 }));
      return;
    }
    this.#queue.push(waiting);
    this.#schedule();
  }

  /** Resolves when no command waits and no transaction is in flight. */
  whenIdle(): Promise<void> {
    if (this.#queue.length === 0 && this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  // ---- when transactions start ------------------------------------------------------------------

  #schedule(): void {
    if (this.#queue.length === 0 || this.#next !== null) return;
    // All commands that arrive in this turn of the event loop share the transaction.
    if (this.#inFlight === 0) this.#startWhenComplete(null, DELAY_TURNS);
    else if (this.#inFlight < TRANSACTIONS_MAX) {
      this.#next = setTimeout(() => {
        this.#next = null;
        this.#start();
      }, this.#overlap.delayMs);
    }
  }

  /** Starts a transaction after this turn of the event loop, or later: see {@link BatchDelay}. */
  #startWhenComplete(until: number | null, turns: number): void {
    this.#next = setImmediate(() => {
      this.#next = null;
      // The wait begins when the answers and events of the last transaction are written.
      const now = performance.now();
      const end = until ?? now + this.#delay.waitMs;
      const isLast = now >= end || turns === 1;
      if (isLast || this.#delay.isComplete(this.#queue.length)) this.#start();
      else this.#startWhenComplete(end, turns - 1);
    });
  }

  #start(): void {
    const batch = this.#queue.take();
    if (batch.length === 0) return;
    this.#inFlight++;
    const startedAt = performance.now();
    void this.#settle(batch).then(() => this.#finished(batch, startedAt));
    this.#schedule();
  }

  #finished(batch: readonly Waiting[], startedAt: number): void {
    this.#inFlight--;
    this.#queue.release(batch);
    const waiting = this.#queue.length;
    this.#delay.observe(performance.now() - startedAt, batch.length, waiting);
    if (this.#inFlight === 0 && waiting > 0 && this.#next !== null) {
      clearTimeout(this.#next as NodeJS.Timeout);
      clearImmediate(this.#next as NodeJS.Immediate);
      this.#next = null;
    }
    this.#schedule();
    if (this.#inFlight === 0 && waiting === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  // ---- one batch --------------------------------------------------------------------------------

  /** Settles every command of the batch; never throws. */
  async #settle(all: readonly Waiting[]): Promise<void> {
    let batch = all.filter((pending) => !this.#isBehind(pending));
    const rejection = this.#deps.rejectWrites?.();
    if (rejection) {
      for (const pending of batch) this.#defer(pending, rejection);
      return;
    }
    for (let attempt = 1, pause = 25; batch.length > 0; ) {
      try {
        await this.#transact(batch);
        return;
      } catch (error) {
        if (error instanceof CommitOutcomeUnknown) for (const p of batch) p.uncertain = true;
        if (isConnectionError(error)) {
          batch = this.#deferOld(batch, error);
          await new Promise((resolve) => setTimeout(resolve, pause));
          pause = Math.min(pause * 2, 500);
        } else if (isTransient(error) && attempt < (batch.length > 1 ? 2 : ATTEMPTS)) {
          attempt++;
        } else if (batch.length > 1) {
          this.#deps.log.warn({ err: error, commands: batch.length }, 'batch split after an error');
          for (const pending of batch) await this.#settle([pending]);
          return;
        } else {
          this.#fail(batch, error);
          return;
        }
      }
    }
  }

  #deferOld(batch: readonly Waiting[], error: unknown): Waiting[] {
    const now = performance.now();
    return batch.filter((pending) => {
      if (this.#isBehind(pending)) return false;
      if (now - pending.since < UNREACHABLE_MAX_MS) return true;
      this.#deps.log.warn(
        { err: error, uncertain: pending.uncertain },
        'command deferred: database unreachable',
      );
      this.#defer(pending, refusal('unavailable', undefined, { retryAfter: 2 }));
      return false;
    });
  }

  #fail(batch: readonly Waiting[], error: unknown): void {
    for (const pending of batch) {
      this.#deps.log.error({ err: error, rule: pending.command.rule.name }, 'command failed');
      const refused = refusalOf(error);
      if (pending.uncertain || isRetryable(refused.code)) this.#defer(pending, refused);
      else pending.settle({ kind: 'refused', refusal: refused });
    }
  }

  /** Answers a command that may be sent again. Later ones of its sender wait for it. */
  #defer(pending: Waiting, refused: Refusal): void {
    const { command, order } = pending;
    this.#deferred.defer(command, order, pending.uncertain ? 'unavailable' : refused.code);
    // Whatever error a later attempt has, the unconfirmed COMMIT may have stored it.
    if (pending.uncertain) pending.settle({ kind: 'unknown' });
    else pending.settle({ kind: 'refused', refusal: refused });
  }

  /**
   * Defers the command and returns true if an earlier command of its sender must be executed first.
   */
  #isBehind(pending: Waiting): boolean {
    const { command, order } = pending;
    const ahead = this.#deferred.ahead(command, order);
    if (!ahead) {
      pending.order = this.#deferred.resume(command, order);
      return false;
    }
    this.#defer(pending, refusal(ahead.code, BEHIND, { retryAfter: 1 }));
    return true;
  }

  async #transact(batch: readonly Pending[]): Promise<void> {
    const { pool, clock } = this.#deps;
    const startedAt = performance.now();
    let sent = startedAt;
    const { tx, outcomes } = await withPipelinedTransaction(pool, async (pipeline) => {
      const tx = new StreamTransaction(pipeline, clock.now());
      const outcomes = await executeBatch(tx, batch, this.#deps);
      sent = performance.now();
      return { tx, outcomes };
    });
    const committed = performance.now();
    this.#overlap.observe(sent - startedAt);
    trace(batch, tx.inserted, { startedAt, executed: sent, committed });
    // After a commit, senders are answered first, then events are delivered. Nothing may throw from
    // here on: an error would be treated as a failed batch.
    for (const [i, pending] of batch.entries()) {
      this.#guard(() => pending.settle(outcomes[i] ?? { kind: 'unknown' }));
    }
    if (tx.inserted.length > 0) this.#guard(() => this.#deps.publish(tx.inserted));
    for (const [i, { uncertain }] of batch.entries()) {
      const outcome = outcomes[i];
      if (!uncertain || outcome?.kind !== 'stored' || !outcome.repeated) continue;
      this.#guard(() => this.#deps.announce?.(outcome.stream, outcome.seq));
    }
    this.#deps.metrics?.committed({
      commands: batch.length,
      waitMs: startedAt - (batch[0] as Pending).since,
      transactionMs: committed - startedAt,
      commitMs: committed - sent,
    });
  }

  #guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#deps.log.error({ err: error }, 'publishing after a commit failed');
    }
  }
}

/** Ends the spans of traced commands, and passes their traces on with their events. */
function trace(
  batch: readonly Pending[],
  inserted: readonly StoredEvent[],
  times: { startedAt: number; executed: number; committed: number },
): void {
  for (const { command, since } of batch) {
    if (!command.trace) continue;
    command.trace.committed({ since, ...times, commands: batch.length });
    const { parent } = command.trace;
    const event = inserted.find((e) => isEventOf(command, e));
    if (parent && event) event.trace = parent;
  }
}

const isEventOf = ({ clientId, actor }: Command, event: StoredEvent): boolean =>
  event.client === clientId && event.actor === actor;

/** Returns whether the transaction may succeed if it is retried. */
function isTransient(error: unknown): boolean {
  // Deadlock, serialization failure, lock timeout, and a unique key that a concurrent transaction
  // has inserted: the next attempt finds its row.
  return (
    error instanceof pg.DatabaseError &&
    ['40P01', '40001', '55P03', '23505'].includes(error.code ?? '')
  );
}

function refusalOf(error: unknown): Refusal {
  const refused = refusalOfDatabaseError(error) ?? refusal('internal');
  // Shorter than the time that later commands wait for it.
  return refused.code === 'disk_full' ? { ...refused, retryAfter: 2 } : refused;
}
