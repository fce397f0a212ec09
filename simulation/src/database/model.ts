import type { Scheduler } from '../event-loop/scheduler.ts';
import { ClientModel } from './client.ts';
import { type PoolContext, PoolModel, type Status } from './pool.ts';
import { type CommitFault, type Delays, TIMEOUTS, type Timeouts } from './session.ts';
import { Tables } from './tables/tables.ts';

/** The options of a database. */
export interface DatabaseOptions {
  readonly scheduler: Scheduler;
  /** Identifies the history that seqs belong to. */
  readonly epoch: string;
  /** Returns the time of the database, ms; the real time without it. */
  readonly now?: () => number;
  readonly delays?: Partial<Delays>;
  readonly timeouts?: Partial<Timeouts>;
}

/** An account that exists from the start. */
export interface SeededAccount {
  readonly id: string;
  readonly username?: string;
  readonly role?: 'owner' | 'admin' | 'member' | 'guest';
  readonly isActive?: boolean;
}

const DELAYS: Delays = { network: [0.05, 1], execution: [0.01, 0.5], commit: [0.1, 3] };

/**
 * A model of PostgreSQL with the tables, locks and connections that the delivery path uses. Its
 * pools accept the statements of the product, which it recognizes by their exact text, and change
 * its tables as PostgreSQL would; `differential.db.test.ts` compares the two.
 *
 * Everything that takes time goes through the scheduler, so that a seed decides the order in which
 * transactions run, wait and commit.
 */
export class DatabaseModel implements PoolContext {
  readonly scheduler: Scheduler;
  readonly tables: Tables;
  readonly timeouts: Timeouts;
  /** The open connections. */
  readonly clients = new Set<ClientModel>();
  /** Decides for each COMMIT of a transaction with writes whether the connection is lost. */
  commitFault: (() => CommitFault) | null = null;
  /** Returns the SQLSTATE with which a statement fails, by its name; null if it does not. */
  statementFault: ((name: string) => string | null) | null = null;
  readonly delays: Delays;
  #status: Status = 'up';

  constructor({ scheduler, epoch, now = Date.now, delays, timeouts }: DatabaseOptions) {
    this.scheduler = scheduler;
    this.tables = new Tables(epoch, now);
    this.timeouts = { ...TIMEOUTS, ...timeouts };
    this.delays = { ...DELAYS, ...delays };
  }

  get status(): Status {
    return this.#status;
  }

  /**
   * Returns a pool of connections. With `pipelined`, statements do not wait for earlier answers. Answers
   * arrive through `scheduler`, which is that of the process that has the pool.
   */
  pool({
    max = 16,
    pipelined = false,
    scheduler = this.scheduler,
  }: {
    max?: number;
    pipelined?: boolean;
    scheduler?: Scheduler;
  } = {}): PoolModel {
    return new PoolModel(this, { max, isPipelined: pipelined, scheduler });
  }

  /** Inserts an account with its personal stream. */
  insertAccount({ id, username = id, role = 'member', isActive = true }: SeededAccount): void {
    const { tables } = this;
    tables.put(tables.streams, { id, kind: 'personal', last_seq: 0, last_at: 0 });
    tables.put(tables.accounts, {
      id,
      username,
      display_name: username,
      role,
      is_active: isActive,
      read_version: 0,
      created_at: this.scheduler.now(),
    });
  }

  /** Crashes the machine or the process: all connections and uncommitted changes are lost. */
  crash(): void {
    this.#status = 'down';
    for (const client of [...this.clients]) client.session.crash();
    this.clients.clear();
    this.tables.journal.loseUnwritten(this.scheduler.now());
  }

  /**
   * Replaces the contents by those before the last commits, like a restore of a backup. The
   * database must not run.
   */
  restore(commits: number, epoch: string): void {
    this.tables.journal.undo(commits);
    this.tables.epoch = epoch;
  }

  /** Cuts connections, each with this probability. */
  loseConnections(share: number): void {
    for (const client of [...this.clients]) if (this.scheduler.random() < share) client.cut();
  }

  /**
   * Locks the row of a stream in its own transaction, as an administrator might, until the returned
   * function is called. It waits for the lock if another transaction has it.
   */
  holdStream(stream: string): () => void {
    const options = { isPipelined: true, scheduler: this.scheduler };
    const client = new ClientModel(this, options, {
      onLost: () => undefined,
      onEnded: () => undefined,
    });
    const statement = 'select from streams where id = $1 for update';
    for (const text of ['begin', statement]) {
      client.query(text, text === 'begin' ? [] : [stream]).catch(() => undefined);
    }
    return () => client.end();
  }

  /** Starts again; refuses connections until it has recovered. */
  start(recoveryMs = 0): void {
    this.#status = recoveryMs > 0 ? 'starting' : 'up';
    if (recoveryMs <= 0) return;
    this.scheduler.later(recoveryMs, recoveryMs, () => {
      if (this.#status === 'starting') this.#status = 'up';
    });
  }
}
