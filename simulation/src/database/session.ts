import pg from 'pg';
import type { Scheduler } from '../event-loop/scheduler.ts';
import type { Range } from './link.ts';
import { statementOf } from './statements/all.ts';
import type { Result, Values } from './statements/statement.ts';
import {
  abortedTransaction,
  databaseError,
  deadlock,
  idleInTransaction,
  lockTimeout,
  statementTimeout,
} from './tables/errors.ts';
import type { Steps } from './tables/row.ts';
import type { Tables } from './tables/tables.ts';
import { isDeadlocked, Transaction } from './tables/transaction.ts';

/** A statement on its way to the database. */
export interface Request {
  readonly name: string | undefined;
  readonly text: string;
  readonly values: Values;
}

/** The answer to a statement. */
export type Response = { readonly result: Result } | { readonly error: Error };

/** Delays, ms. */
export interface Delays {
  /** One way between a client and the database. */
  readonly network: Range;
  /** Between two statements of one connection, if something else comes between them. */
  readonly execution: Range;
  /** Until a commit is on disk. */
  readonly commit: Range;
}

/** The fault of a COMMIT: the connection is lost before or after it takes effect. */
export type CommitFault = 'lost before' | 'lost after' | null;

/** The shared context of the sessions of a database. */
export interface SessionContext {
  readonly scheduler: Scheduler;
  readonly tables: Tables;
  /** The current delays. */
  readonly delays: Delays;
  readonly timeouts: Timeouts;
  /** Decides for each COMMIT of a transaction that has written. */
  commitFault: (() => CommitFault) | null;
  /** Returns the SQLSTATE with which a statement fails; null if it does not. */
  statementFault: ((name: string) => string | null) | null;
}

/** The timeouts of the database, ms. */
export interface Timeouts {
  readonly deadlock: number;
  readonly lock: number;
  readonly statement: number;
  readonly idleInTransaction: number;
}

/** The timeouts that the server sets, and the default of PostgreSQL for deadlocks. */
export const TIMEOUTS: Timeouts = {
  deadlock: 1_000,
  lock: 10_000,
  statement: 30_000,
  idleInTransaction: 15_000,
};

/** Lets the COMMIT of a transaction be answered before it is on disk. Only a planted fault sends this. */
const ASYNCHRONOUS = 'set local synchronous_commit = off';
/** Until the latest when such a COMMIT is on disk: three times `wal_writer_delay`, ms. */
const WAL_WRITER_MS = 600;

/**
 * The share of statements after which another session runs first, although the next statement has
 * arrived.
 */
const INTERRUPTED = 0.1;

/** The database side of a connection. */
export class Session {
  readonly #context: SessionContext;
  readonly #respond: (response: Response) => void;
  /** Called once, when the session has ended; with the error that the client gets, if any. */
  readonly #onEnd: (error: Error | null) => void;
  readonly #requests: Request[] = [];
  #transaction: Transaction | null = null;
  /**
   * Whether the client started the transaction; otherwise it is the implicit one of a single
   * statement.
   */
  #isExplicit = false;
  /** A statement of the transaction has failed. */
  #hasFailed = false;
  /** The statement that waits. */
  #steps: Steps<Result> | null = null;
  #isCommitting = false;
  #isBusy = false;
  #isClosed = false;
  #hasEnded = false;
  #statementSince = 0;
  #idleSince = 0;
  #isWatched = false;
  #cancelTimers: (() => void)[] = [];

  constructor(
    context: SessionContext,
    respond: (response: Response) => void,
    onEnd: (error: Error | null) => void,
  ) {
    this.#context = context;
    this.#respond = respond;
    this.#onEnd = onEnd;
  }

  /** The transaction in progress. */
  get transaction(): Transaction | null {
    return this.#transaction;
  }

  /** Whether a statement of the transaction has failed: only its end is still executed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Whether a COMMIT is on its way to the disk. */
  get isCommitting(): boolean {
    return this.#isCommitting;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Receives statements, which are executed in order. */
  receive(requests: readonly Request[]): void {
    if (this.#hasEnded) return;
    this.#requests.push(...requests);
    this.#run();
  }

  /** Closes the connection for the client: statements that arrived before are still executed. */
  close(): void {
    this.#isClosed = true;
    this.#run();
  }

  /** Ends the session at once. A COMMIT that has started takes effect; everything else is rolled back. */
  terminate(error: Error | null): void {
    if (this.#isCommitting) this.#transaction?.commit();
    else this.#transaction?.rollback();
    this.#end(error);
  }

  /** Ends the session with a crash of the database. A COMMIT that has started may have been on disk. */
  crash(): void {
    if (this.#isCommitting && this.#context.scheduler.random() < 0.5) this.#transaction?.commit();
    else this.#transaction?.rollback();
    this.#end(null);
  }

  #end(error: Error | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#transaction = null;
    this.#steps = null;
    this.#requests.length = 0;
    this.#clearTimers();
    this.#onEnd(error);
  }

  // ---- statements -------------------------------------------------------------------------------

  #run(): void {
    const { scheduler, delays } = this.#context;
    while (!this.#isBusy && !this.#hasEnded) {
      const request = this.#requests.shift();
      if (request === undefined) break;
      this.#execute(request);
      if (this.#isBusy || this.#requests.length === 0) continue;
      if (scheduler.random() < INTERRUPTED) {
        this.#isBusy = true;
        const [min, max] = delays.execution;
        scheduler.later(min, max, () => this.#goOn());
      }
    }
    if (this.#isBusy || this.#hasEnded) return;
    if (this.#isClosed) this.terminate(null);
    else if (this.#isExplicit || this.#hasFailed) this.#watchIdle();
  }

  #goOn(): void {
    this.#isBusy = false;
    this.#run();
  }

  #execute({ name, text, values }: Request): void {
    if (text === 'commit') this.#commit();
    else if (text === 'rollback') this.#rollback();
    else if (this.#hasFailed) this.#respond({ error: abortedTransaction() });
    else if (text === 'begin') this.#begin();
    else if (text === ASYNCHRONOUS) this.#setAsynchronous();
    else this.#start(name, text, values);
  }

  #begin(): void {
    this.#transaction ??= this.#newTransaction();
    this.#isExplicit = true;
    this.#answer('BEGIN');
  }

  #setAsynchronous(): void {
    if (this.#transaction) this.#transaction.isSynchronous = false;
    this.#answer('SET');
  }

  #newTransaction(): Transaction {
    const { tables, scheduler } = this.#context;
    return new Transaction(tables, scheduler.now(), () => this.#granted());
  }

  #rollback(): void {
    this.#transaction?.rollback();
    this.#reset();
    this.#answer('ROLLBACK');
  }

  #commit(): void {
    const transaction = this.#transaction;
    if (this.#hasFailed || !transaction) {
      const command = this.#hasFailed ? 'ROLLBACK' : 'COMMIT';
      this.#reset();
      this.#answer(command);
      return;
    }
    this.#finish(transaction, { command: 'COMMIT', rowCount: null, rows: [] });
  }

  #answer(command: string): void {
    this.#respond({ result: { command, rowCount: null, rows: [] } });
  }

  #reset(): void {
    this.#transaction = null;
    this.#isExplicit = false;
    this.#hasFailed = false;
  }

  /** Commits; answers when the commit is on disk. */
  #finish(transaction: Transaction, result: Result): void {
    const { scheduler, delays, commitFault } = this.#context;
    const committed = () => {
      transaction.commit();
      this.#reset();
      this.#respond({ result });
    };
    if (!transaction.hasWritten) {
      committed();
      return;
    }
    if (!transaction.isSynchronous) {
      transaction.commit(scheduler.now() + scheduler.random() * WAL_WRITER_MS);
      this.#reset();
      this.#respond({ result });
      return;
    }
    const fault = commitFault?.() ?? null;
    this.#isBusy = true;
    this.#isCommitting = true;
    const [min, max] = delays.commit;
    scheduler.later(min, max, () => {
      if (this.#hasEnded) return;
      this.#isCommitting = false;
      if (fault === null) {
        committed();
        this.#goOn();
        return;
      }
      if (fault === 'lost before') transaction.rollback();
      else transaction.commit();
      this.#end(null);
    });
  }

  #start(name: string | undefined, text: string, values: Values): void {
    const statement = statementOf(name, text);
    const fault = this.#context.statementFault?.(statement.name);
    this.#transaction ??= this.#newTransaction();
    this.#statementSince = this.#context.scheduler.now();
    try {
      if (fault) throw databaseError(fault, `${statement.name} fails`);
      const outcome = statement.run(this.#transaction, values);
      if ('next' in outcome) this.#steps = outcome;
      else this.#succeed(outcome);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#steps) this.#step(this.#steps);
  }

  #step(steps: Steps<Result>): void {
    try {
      const { done, value } = steps.next();
      if (!done) {
        this.#isBusy = true;
        this.#armTimers();
        return;
      }
      this.#steps = null;
      this.#succeed(value);
    } catch (error) {
      this.#steps = null;
      this.#fail(error);
    }
  }

  #succeed(result: Result): void {
    if (this.#isExplicit) this.#respond({ result });
    else this.#finish(this.#transaction as Transaction, result);
  }

  /** Rolls the transaction back, which passes its locks on, and answers with the error. */
  #fail(error: unknown): void {
    if (!(error instanceof pg.DatabaseError)) throw error;
    this.#transaction?.rollback();
    const isExplicit = this.#isExplicit;
    this.#reset();
    this.#hasFailed = isExplicit;
    this.#respond({ error });
  }

  // ---- waiting ----------------------------------------------------------------------------------

  /** Ends the wait for a lock: the statement continues when its process runs again. */
  #granted(): void {
    this.#clearTimers();
    if (this.#hasEnded) return;
    const { scheduler, delays } = this.#context;
    const [min, max] = delays.execution;
    const cancel = scheduler.later(min, max, () => {
      this.#clearTimers();
      this.#isBusy = false;
      if (this.#steps) this.#step(this.#steps);
      this.#run();
    });
    this.#cancelTimers.push(cancel);
  }

  #armTimers(): void {
    const { scheduler, timeouts } = this.#context;
    const left = timeouts.statement - (scheduler.now() - this.#statementSince);
    const limit = Math.min(timeouts.lock, left);
    const timeout = limit === left ? statementTimeout : lockTimeout;
    this.#cancelTimers = [
      scheduler.later(timeouts.deadlock, timeouts.deadlock, () => {
        if (this.#transaction && isDeadlocked(this.#transaction)) this.#giveUp(deadlock());
      }),
      scheduler.later(limit, limit, () => this.#giveUp(timeout())),
    ];
  }

  #clearTimers(): void {
    for (const cancel of this.#cancelTimers.splice(0)) cancel();
  }

  /** Ends the wait of a statement with an error. */
  #giveUp(error: Error): void {
    this.#clearTimers();
    this.#steps = null;
    this.#isBusy = false;
    this.#fail(error);
    this.#run();
  }

  /** Ends the session if its client leaves a transaction open. */
  #watchIdle(): void {
    const { scheduler, timeouts } = this.#context;
    const limit = timeouts.idleInTransaction;
    this.#idleSince = scheduler.now();
    if (this.#isWatched) return;
    this.#isWatched = true;
    const check = () => {
      this.#isWatched = false;
      if (this.#hasEnded || this.#isBusy || !(this.#isExplicit || this.#hasFailed)) return;
      const left = limit - (scheduler.now() - this.#idleSince);
      if (left <= 0) {
        this.terminate(idleInTransaction());
        return;
      }
      this.#isWatched = true;
      scheduler.later(left, left, check);
    };
    scheduler.later(limit, limit, check);
  }
}
