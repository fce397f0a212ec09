import pg from 'pg';
import { expect } from 'vitest';
import { columnTypes } from '../../packages/server/src/storage/database.ts';
import type { ClientModel } from '../src/database/client.ts';
import type { DatabaseModel } from '../src/database/model.ts';
import { terminated } from '../src/database/tables/errors.ts';
import { blockersOf, Transaction } from '../src/database/tables/transaction.ts';
import { byText, canonical, contentsOf, contentsOfModel, ordered } from './compare.ts';
import { buildStatement, Choice, type Fixture } from './random-statements.ts';
import type { SteppedScheduler } from './stepped-scheduler.ts';

/** What one connection does next. */
export interface Step {
  readonly session: number;
  /** `begin`, `commit`, `rollback`, or the name of a statement. */
  readonly action: string;
  readonly numbers: readonly number[];
}

/** What became of a statement. */
type Outcome = Readonly<Record<string, unknown>>;

/** A connection of PostgreSQL. */
export interface Backend {
  readonly client: pg.Client;
  readonly pid: number;
}

/** A connection of both databases. */
interface Session extends Backend {
  readonly model: ClientModel;
  pending: Pending | null;
}

/** A statement that was sent to both. */
interface Pending {
  readonly action: string;
  readonly expected: Promise<Outcome>;
  /** What became of it in the model; null while it waits there. */
  actual: Outcome | null;
}

/** Statements whose rows have an order. */
const ORDERED = new Set(['batch-lock', 'stream-read-events', 'conversations-members']);
const BEGIN = { name: 'begin', values: [] };
const ROLLBACK = { name: 'rollback', values: [] };
/** Longer than anything may take on a busy machine. */
const PATIENCE_MS = 20_000;

/**
 * Does the same on PostgreSQL and on the model, and expects the same: results, errors, and who waits for
 * whom. The model goes first: PostgreSQL is then waited for until it has got as far.
 */
export class TwoDatabases {
  readonly #model: DatabaseModel;
  readonly #scheduler: SteppedScheduler;
  readonly #observer: pg.Pool;
  readonly #address: pg.ClientConfig;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #fixture: Fixture;
  readonly #idle: Backend[];
  #sessions: Session[] = [];
  /** How often it happened: `wait`, and the codes of errors. */
  readonly #counts: Map<string, number>;

  constructor(deps: {
    model: DatabaseModel;
    scheduler: SteppedScheduler;
    observer: pg.Pool;
    address: pg.ClientConfig;
    texts: ReadonlyMap<string, string>;
    fixture: Fixture;
    /** Connections of PostgreSQL that can be used again. */
    idle: Backend[];
    counts: Map<string, number>;
  }) {
    this.#model = deps.model;
    this.#scheduler = deps.scheduler;
    this.#observer = deps.observer;
    this.#address = deps.address;
    this.#texts = deps.texts;
    this.#fixture = deps.fixture;
    this.#idle = deps.idle;
    this.#counts = deps.counts;
  }

  async connect(sessions: number): Promise<void> {
    for (let n = 0; n < sessions; n++) this.#sessions.push(await this.#open());
  }

  async #open(): Promise<Session> {
    const backend = this.#idle.pop() ?? (await this.#connect());
    const lent = await this.#scheduler.until(this.#model.pool({ pipelined: true }).connect());
    const { model } = lent as unknown as { model: ClientModel };
    return { ...backend, model, pending: null };
  }

  async #connect(): Promise<Backend> {
    const client = new pg.Client({ ...this.#address, types: columnTypes });
    client.on('error', () => undefined);
    await client.connect();
    // As on the product's connections that append; and only who is meant to looks for deadlocks.
    await client.query(`set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
      set enable_hashjoin = off; set enable_mergejoin = off; set synchronous_commit = off;
      set deadlock_timeout = '1h'`);
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return { client, pid: (rows[0] as { pid: number }).pid };
  }

  /** Closes the connections that cannot be used again. */
  async close(): Promise<void> {
    for (const { client, pid, pending } of this.#sessions) {
      if (pending) {
        await this.#observer.query('select pg_terminate_backend($1, 10000)', [pid]);
        await client.end().catch(() => undefined);
      } else {
        await client.query('rollback');
        this.#idle.push({ client, pid });
      }
    }
  }

  /** Ends all transactions, and compares the tables. */
  async finish(): Promise<void> {
    for (const session of this.#sessions) if (session.pending) await this.#terminate(session);
    for (const session of this.#sessions) await this.#send(session, { name: 'commit', values: [] });
    const { accounts, conversations, spare } = this.#fixture;
    const ids = [...accounts, ...conversations, ...spare];
    expect(contentsOfModel(this.#model, ids)).toEqual(await contentsOf(this.#observer, ids));
  }

  /** The connections that wait, by their numbers. */
  get waiting(): number[] {
    return [...this.#sessions.keys()].filter((n) => this.#sessions[n]?.pending);
  }

  /** Sends one statement on a connection that does not wait. */
  async send(session: number, name: string, values: readonly unknown[] = []): Promise<void> {
    await this.#send(this.#sessions[session] as Session, { name, values });
  }

  /** Runs one step, unless its connection waits. */
  async step({ session: n, action, numbers }: Step): Promise<void> {
    const session = this.#sessions[n % this.#sessions.length] as Session;
    if (session.pending) return;
    await this.#leaveOneWaiter(session);
    if (['begin', 'commit', 'rollback'].includes(action)) {
      await this.#send(session, { name: action, values: [] });
      return;
    }
    const choose = new Choice(numbers);
    const { session: server } = session.model;
    // Most statements are in a transaction, and most that failed are left soon.
    if (server.hasFailed && choose.int(4) > 0) await this.#send(session, ROLLBACK);
    if (!server.transaction && choose.int(4) > 0) await this.#send(session, BEGIN);
    const tx =
      server.transaction ??
      new Transaction(this.#model.tables, this.#scheduler.now(), () => undefined);
    await this.#send(session, buildStatement(action, choose, this.#fixture, tx));
  }

  async #send(
    session: Session,
    { name, values }: { readonly name: string; readonly values: readonly unknown[] },
  ): Promise<void> {
    const text = this.#texts.get(name);
    const query = text === undefined ? name : { name, text, values };
    const pending: { -readonly [K in keyof Pending]: Pending[K] } = {
      action: name,
      expected: Promise.resolve({}),
      actual: null,
    };
    void outcomeOf(name, session.model.query(query)).then((outcome) => {
      pending.actual = outcome;
    });
    session.pending = pending;
    await this.#scheduler.run(5);
    if ((pending.actual as Outcome | null)?.code === '40P01') {
      await session.client.query(`set local deadlock_timeout = '1ms'`);
    }
    const config = text === undefined ? name : { name, text, values: [...values] };
    pending.expected = outcomeOf(name, session.client.query(config));
    await this.#settle();
  }

  /** Expects of all connections what the model says. */
  async #settle(): Promise<void> {
    for (const session of this.#sessions) {
      const { pending } = session;
      if (!pending?.actual) continue;
      const expected = await inTime(pending.expected, () => this.#describe(session));
      expect({ action: pending.action, ...pending.actual }).toEqual({
        action: pending.action,
        ...expected,
      });
      session.pending = null;
      this.#count(String(pending.actual.code ?? 'success'));
    }
    await this.#expectWaits();
  }

  /** Waits until PostgreSQL says of the same connections that they wait, and for whom. */
  async #expectWaits(): Promise<void> {
    const waiting = this.#sessions.filter((session) => session.pending !== null);
    if (waiting.length === 0) return;
    this.#count(`${waiting.length} waiting`);
    const actual = waiting.map((session) => this.#blockersInModel(session));
    for (const end = performance.now() + PATIENCE_MS; ; ) {
      const { rows } = await this.#observer.query<{ blockers: number[] }>(
        `select pg_blocking_pids(pid) as blockers
         from unnest($1::int[]) with ordinality as w (pid, n) order by n`,
        [waiting.map((session) => session.pid)],
      );
      const expected = rows.map((row) => [...new Set(row.blockers)].sort());
      if (JSON.stringify(actual) === JSON.stringify(expected)) return;
      if (performance.now() < end) continue;
      const actions = waiting.map((session) => session.pending?.action);
      expect({ actions, blockers: actual }).toEqual({ actions, blockers: expected });
    }
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #blockersInModel({ model }: Session): number[] {
    const { transaction } = model.session;
    const blockers = transaction ? blockersOf(transaction) : [];
    return this.#sessions
      .filter((other) => blockers.some((b) => b === other.model.session.transaction))
      .map((other) => other.pid)
      .sort();
  }

  #describe({ pending, pid }: Session): string {
    return `PostgreSQL has not finished ${pending?.action} of ${pid}, and the model has: ${JSON.stringify(pending?.actual)}`;
  }

  /**
   * Terminates waiting connections until at most one waits for this one: of two that are released at
   * once, chance decides which is first.
   */
  async #leaveOneWaiter(session: Session): Promise<void> {
    const { transaction } = session.model.session;
    const waiters = this.#sessions.filter(({ model }) => {
      const wait = model.session.transaction?.wait;
      if (!wait || !transaction) return false;
      if (wait.kind === 'end') return wait.other === transaction;
      return wait.row.holders.some((holder) => holder.transaction === transaction);
    });
    for (const waiter of waiters.slice(1)) await this.#terminate(waiter);
  }

  async #terminate(session: Session): Promise<void> {
    session.model.session.terminate(terminated());
    await this.#scheduler.run(5);
    await this.#observer.query('select pg_terminate_backend($1, 10000)', [session.pid]);
    const place = this.#sessions.indexOf(session);
    await this.#settle();
    await session.client.end().catch(() => undefined);
    this.#sessions[place] = await this.#open();
  }
}

/** Returns what became of a statement, in one form. */
function outcomeOf(action: string, result: Promise<pg.QueryResult>): Promise<Outcome> {
  return result.then(
    ({ command, rowCount, rows }) => {
      const all = rows.map(canonical).map(ordered);
      return { command, rowCount, rows: ORDERED.has(action) ? all : all.sort(byText) };
    },
    (error: unknown) => {
      if (!(error instanceof pg.DatabaseError)) throw error;
      return { code: error.code, constraint: error.constraint ?? null };
    },
  );
}

function inTime<T>(promise: Promise<T>, describe: () => string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(describe())), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
