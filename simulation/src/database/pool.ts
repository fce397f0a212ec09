import type pg from 'pg';
import { ClientModel, type ClientOptions, type Query } from './client.ts';
import { isGroup, type StatementGroup } from './group.ts';
import type { SessionContext } from './session.ts';
import { connectionRefused, startingUp } from './tables/errors.ts';

/** Whether the database accepts connections. */
export type Status = 'up' | 'starting' | 'down';

/** The shared context of the pools of a database. */
export interface PoolContext extends SessionContext {
  readonly status: Status;
  /** The connections that have not ended. */
  readonly clients: Set<ClientModel>;
}

/** How a process uses the database. */
export interface PoolOptions extends ClientOptions {
  /** The largest number of connections. */
  readonly max: number;
}

/** `connectionTimeoutMillis` of the product's pools. */
const CONNECT_MS = 5_000;

/** A caller that waits for a connection. */
interface Waiting {
  readonly resolve: (client: ClientModel) => void;
  readonly reject: (error: Error) => void;
}

/** A lent connection: the part of a `pg.PoolClient` that the product uses. */
interface Lent {
  isReleased: boolean;
  readonly model: ClientModel;
}

/** The connections of one process: stands in for a `pg.Pool`. */
export class PoolModel {
  readonly #context: PoolContext;
  readonly #options: PoolOptions;
  readonly #idle: ClientModel[] = [];
  readonly #clients = new Set<ClientModel>();
  readonly #waiting: Waiting[] = [];
  readonly #lent = new WeakMap<ClientModel, Lent>();
  #opening = 0;
  #isDead = false;

  constructor(context: PoolContext, options: PoolOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Returns the pool for the product. It has only the methods that the product calls. */
  get asPool(): pg.Pool {
    return this as unknown as pg.Pool;
  }

  get totalCount(): number {
    return this.#clients.size + this.#opening;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** The open connections. */
  get clients(): ReadonlySet<ClientModel> {
    return this.#clients;
  }

  /** Lends a connection: its `release` gives it back. */
  async connect(): Promise<pg.PoolClient> {
    return this.#lend(await this.#acquire());
  }

  /** Runs a statement on any connection. */
  async query(query: Query, values?: readonly unknown[]): Promise<pg.QueryResult> {
    const client = await this.#acquire();
    try {
      const result = await client.query(query, values);
      this.#release(client, false);
      return result;
    } catch (error) {
      // Like `pg`: it does not report what the connection has left open.
      this.#release(client, true);
      throw error;
    }
  }

  /** Lends a connection, each time as the same object: statements stay prepared on it. */
  #lend(client: ClientModel): pg.PoolClient {
    const lent = this.#lent.get(client) ?? this.#lentFor(client);
    this.#lent.set(client, lent);
    lent.isReleased = false;
    return lent as unknown as pg.PoolClient;
  }

  #lentFor(client: ClientModel): Lent {
    const lent = {
      isReleased: false,
      query: (query: Query | StatementGroup, values?: readonly unknown[]) => {
        if (!isGroup(query)) return client.query(query, values);
        client.submit(query);
        return query;
      },
      // Values come as they are.
      getTypeParser: () => (value: unknown) => value,
      release: (destroy?: boolean | Error) => {
        if (lent.isReleased) throw new Error('The connection was released twice');
        lent.isReleased = true;
        this.#release(client, Boolean(destroy));
      },
      model: client,
    };
    return lent;
  }

  #acquire(): Promise<ClientModel> {
    if (this.#isDead) return new Promise(() => undefined);
    const idle = this.#idle.pop();
    if (idle) return Promise.resolve(idle);
    if (this.totalCount < this.#options.max) return this.#open();
    return new Promise((resolve, reject) => this.#enqueue({ resolve, reject }));
  }

  #enqueue(waiting: Waiting): void {
    const cancel = this.#options.scheduler.later(CONNECT_MS, CONNECT_MS, () => {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      waiting.reject(new Error('timeout exceeded when trying to connect'));
    });
    const entry = {
      resolve: (client: ClientModel) => {
        cancel();
        waiting.resolve(client);
      },
      reject: (error: Error) => {
        cancel();
        waiting.reject(error);
      },
    };
    this.#waiting.push(entry);
  }

  #open(): Promise<ClientModel> {
    const { scheduler } = this.#options;
    const [min, max] = this.#context.delays.network;
    this.#opening++;
    return new Promise((resolve, reject) => {
      scheduler.later(2 * min, 2 * max, () => {
        this.#opening--;
        if (this.#isDead) return;
        if (this.#context.status !== 'up') {
          reject(this.#context.status === 'down' ? connectionRefused() : startingUp());
          this.#serve();
          return;
        }
        const client = new ClientModel(this.#context, this.#options, {
          onLost: (lost) => this.#lost(lost),
          onEnded: (ended) => this.#context.clients.delete(ended),
        });
        this.#clients.add(client);
        this.#context.clients.add(client);
        resolve(client);
      });
    });
  }

  #release(client: ClientModel, destroy: boolean): void {
    if (this.#isDead) return;
    if (destroy || !client.isQueryable) {
      if (client.isQueryable) client.end();
      this.#clients.delete(client);
    } else {
      this.#idle.push(client);
    }
    this.#serve();
  }

  /** Handles a lost connection. If it is checked out, it is dropped when it is released. */
  #lost(client: ClientModel): void {
    const at = this.#idle.indexOf(client);
    if (at === -1) return;
    this.#idle.splice(at, 1);
    this.#clients.delete(client);
    this.#serve();
  }

  /** Gives connections to waiting callers. */
  #serve(): void {
    while (this.#waiting.length > 0) {
      const idle = this.#idle.pop();
      if (!idle && this.totalCount >= this.#options.max) return;
      const { resolve, reject } = this.#waiting.shift() as Waiting;
      if (idle) resolve(idle);
      else this.#open().then(resolve, reject);
    }
  }

  /** Ends the process: the data it sent arrives, and nothing runs in it anymore. */
  kill(): void {
    this.#isDead = true;
    for (const client of this.#clients) client.kill();
    this.#clients.clear();
    this.#idle.length = 0;
    this.#waiting.length = 0;
  }
}
