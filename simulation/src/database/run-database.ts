import type { Random } from '@parley/chaos/lib/random';
import type { AccountId, Event, Me, StreamId } from '@parley/protocol';
import { isConnectionError } from '@parley/server/internal/storage/database';
import pg from 'pg';
import type { EventLoop } from '../event-loop/event-loop.ts';
import { STARTED_AT } from '../event-loop/globals.ts';
import { Process } from '../event-loop/process.ts';
import type { Scheduler } from '../event-loop/scheduler.ts';
import type { Range } from './link.ts';
import { DatabaseModel } from './model.ts';
import type { PoolModel } from './pool.ts';
import type { EventRow } from './tables/rows.ts';

/** Connections of a node, as `layers/storage.ts` opens them. */
const CONNECTIONS = { pool: 12, append: 4 };
const epochOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
/** The largest number of transactions that a restore loses. */
const RESTORE_MAX = 25;

/** The role of an account on the server. */
export type Role = 'owner' | 'admin' | 'member' | 'guest';

/** A database that was restored. */
export interface Restored {
  readonly epoch: string;
  /** The events that it no longer has. */
  readonly lost: readonly Event[];
}

/** The database of a run: the model, and what can go wrong with it. */
export class RunDatabase {
  readonly #loop: EventLoop;
  readonly #random: Random;
  readonly #process = new Process('database');
  readonly #model: DatabaseModel;
  readonly #pools = new Map<Process, readonly PoolModel[]>();
  readonly #me = new Map<AccountId, Me>();
  #slowness = 1;
  #epochs = 1;

  /** `accounts` exist from the start, with their roles on the server; `commit`: how long a COMMIT takes, ms. */
  constructor(
    loop: EventLoop,
    random: Random,
    accounts: readonly { readonly id: AccountId; readonly role: Role }[],
    commit: Range,
  ) {
    this.#loop = loop;
    this.#random = random;
    this.#model = new DatabaseModel({
      scheduler: this.#scheduler(),
      epoch: epochOf(this.#epochs),
      now: () => STARTED_AT + loop.now,
      delays: { commit },
    });
    for (const [n, { id, role }] of accounts.entries()) {
      const username = `c${n}`;
      this.#model.insertAccount({ id, username, role });
      this.#me.set(id, meOf(id, username, role));
    }
  }

  #scheduler(): Scheduler {
    const { now, random, later } = this.#loop.schedulerOf(this.#process);
    return {
      now,
      random,
      later: (min, max, fn) => {
        // Timeouts, whose moment is certain, are not slower on a slow machine.
        const factor = min === max ? 1 : this.#slowness;
        return later(min * factor, max * factor, fn);
      },
    };
  }

  /**
   * Opens the pools of a node. Answers arrive as tasks of its process, so that they follow their order and end with the
   * process.
   */
  open(process: Process): { readonly pool: pg.Pool; readonly appendPool: pg.Pool } {
    const scheduler = this.#loop.schedulerOf(process);
    const pool = this.#model.pool({ max: CONNECTIONS.pool, scheduler });
    const append = this.#model.pool({ max: CONNECTIONS.append, pipelined: true, scheduler });
    this.#pools.set(process, [pool, append]);
    return { pool: pool.asPool, appendPool: append.asPool };
  }

  /** Ends the connections of a killed process, behind what it has sent. */
  abandon(process: Process): void {
    for (const pool of this.#pools.get(process) ?? []) pool.kill();
  }

  /** Returns the account as its user sees it. */
  me(account: AccountId): Me {
    return this.#me.get(account) as Me;
  }

  // ---- faults -------------------------------------------------------------------------------------

  /** Crashes the server: connections are lost, and what was not committed. */
  crash(): void {
    this.#model.crash();
  }

  /** Starts again, if it does not run. */
  restart(): void {
    if (this.#model.status === 'down') this.#model.start(this.#random.int(0, 200));
  }

  /**
   * Stops, and is restored from an older backup, as `parley restore` does: with a new epoch. Returns the events
   * that are lost.
   */
  restore(): Restored {
    this.#model.crash();
    const { tables } = this.#model;
    const before = tables.events.committed();
    const { length } = tables.journal;
    this.#model.restore(
      this.#random.int(0, Math.min(length, RESTORE_MAX)),
      epochOf(++this.#epochs),
    );
    const kept = new Set(tables.events.committed().map(placeOf));
    return {
      epoch: tables.epoch,
      lost: before.filter((row) => !kept.has(placeOf(row))).map(eventOf),
    };
  }

  /** What is stored now is in every backup. */
  backUp(): void {
    this.#model.tables.journal.clear();
  }

  /** Cuts connections, each with this probability. */
  cutConnections(share: number): void {
    this.#model.loseConnections(share);
  }

  /** From now on each COMMIT loses its connection with this probability, before or after it took effect. */
  loseCommits(share: number): void {
    this.#model.commitFault = () => {
      if (!this.#random.chance(share)) return null;
      return this.#random.chance(0.5) ? 'lost before' : 'lost after';
    };
  }

  /** From now on each statement that writes events fails with this probability. */
  failWrites(share: number): void {
    this.#model.statementFault = (name) =>
      name.startsWith('stream-flush') && this.#random.chance(share) ? '53100' : null;
  }

  /** Everything takes `factor` times as long. */
  setSlowness(factor: number): void {
    this.#slowness = factor;
  }

  /** Has another transaction hold the lock of a stream, until the returned function is called. */
  holdLock(stream: StreamId): () => void {
    const release = this.#model.holdStream(stream);
    return () => this.#loop.within(this.#process, release);
  }

  // ---- what is stored -----------------------------------------------------------------------------

  /** Returns the last seq of each stream. */
  heads(): Map<string, number> {
    return new Map(this.#model.tables.streams.committed().map((row) => [row.id, row.last_seq]));
  }

  /** Returns the conversations of which an account is a member. */
  conversationsOf(account: AccountId): string[] {
    return this.#model.tables.memberships
      .committed()
      .filter((row) => row.account_id === account && row.left_seq === null)
      .map((row) => row.conversation_id);
  }

  /** Returns the events of a stream, as clients receive them. */
  eventsOf(stream: StreamId): Event[] {
    const rows = [...this.#model.tables.eventsByPlace.from(stream, 0)];
    return rows.flatMap(({ committed }) => (committed ? eventOf(committed) : []));
  }
}

const placeOf = (row: EventRow): string => `${row.stream_id} ${row.seq}`;

const eventOf = (row: EventRow): Event =>
  ({
    op: 'event',
    stream: row.stream_id,
    seq: row.seq,
    type: row.type,
    at: new Date(row.at).toISOString(),
    actor: row.actor_id,
    client: row.client_id,
    data: JSON.parse(row.data),
  }) as Event;

const meOf = (id: AccountId, username: string, role: Role): Me => ({
  id,
  username,
  displayName: username,
  email: `${username}@simulation.example`,
  verified: true,
  emailFailure: null,
  firstName: null,
  lastName: null,
  phone: null,
  title: null,
  pronouns: null,
  timeZone: null,
  role,
  secondFactor: false,
  isTourEnded: true,
  locale: null,
  isActive: true,
  createdAt: new Date(0).toISOString(),
  nameIsShared: false,
  avatar: null,
  permissions: [],
  messageWindows: { edit: null, delete: null },
});

/** Returns whether an error is one of the database or of a connection to it. */
export const isOfDatabase = (error: unknown): boolean =>
  error instanceof pg.DatabaseError || isConnectionError(error);
