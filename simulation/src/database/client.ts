import type pg from 'pg';
import type { Scheduler } from '../event-loop/scheduler.ts';
import { answer, requestsOf, type StatementGroup } from './group.ts';
import { Link } from './link.ts';
import { type Request, type Response, Session, type SessionContext } from './session.ts';
import type { Result } from './statements/statement.ts';
import { connectionLost, notQueryable } from './tables/errors.ts';

/** Statements that the client waits for. */
interface Pending {
  readonly requests: readonly Request[];
  readonly sentAt: number;
  /** The number of answers so far. */
  answers: number;
  /** The results before the first error. */
  readonly results: Result[];
  error: Error | null;
  readonly settle: (results: readonly Result[], error: Error | null) => void;
}

/** A statement as the product passes it to `pg`. */
export type Query = string | { readonly name?: string; text: string; values?: readonly unknown[] };

/** How a process uses its connections. */
export interface ClientOptions {
  /** Whether statements are sent without waiting for the answers to earlier ones. */
  readonly isPipelined: boolean;
  /** The scheduler of the process, in which answers arrive. */
  readonly scheduler: Scheduler;
}

/** The events that the pool of a connection receives. */
export interface ClientEvents {
  /** Statements can no longer be sent. */
  readonly onLost: (client: ClientModel) => void;
  /** The database has released everything of the connection. */
  readonly onEnded: (client: ClientModel) => void;
}

/** Sent after the last statement when the client closes the connection. */
const CLOSE = Symbol('close');

/** `query_timeout` of the product's pools. */
const QUERY_MS = 45_000;

/** The client side of a connection: stands in for a `pg.PoolClient`. */
export class ClientModel {
  /** The transaction and the locks that the connection has in the database. */
  readonly session: Session;
  readonly #scheduler: Scheduler;
  /** The statements that are prepared on the connection. */
  readonly #texts = new Map<string, string>();
  readonly #isPipelined: boolean;
  readonly #events: ClientEvents;
  readonly #toServer: Link<Request | typeof CLOSE>;
  readonly #toClient: Link<Response>;
  /** Sent, in order. */
  readonly #sent: Pending[] = [];
  /** Not sent before the answers to earlier ones. */
  readonly #unsent: Pending[] = [];
  #isLost = false;
  #isWatched = false;
  /** The process of the client has ended: nothing runs in it from then on. */
  #isDead = false;

  constructor(
    context: SessionContext,
    { isPipelined, scheduler }: ClientOptions,
    events: ClientEvents,
  ) {
    this.#scheduler = scheduler;
    this.#isPipelined = isPipelined;
    this.#events = events;
    this.session = new Session(
      context,
      (response) => this.#toClient.send(response),
      (error) => this.#sessionEnded(error),
    );
    this.#toServer = new Link(
      context.scheduler,
      () => context.delays.network,
      (items) => {
        const requests = items.filter((item) => item !== CLOSE);
        if (requests.length > 0) this.session.receive(requests);
        if (requests.length < items.length) this.session.close();
      },
    );
    this.#toClient = new Link(
      scheduler,
      () => context.delays.network,
      (responses) => {
        for (const response of responses) this.#received(response);
      },
    );
  }

  /** Whether a statement can be sent. */
  get isQueryable(): boolean {
    return !this.#isLost;
  }

  /** Sends a statement. */
  query(query: Query, values?: readonly unknown[]): Promise<pg.QueryResult> {
    const { name, text, values: own } = typeof query === 'string' ? { text: query } : query;
    return new Promise((resolve, reject) => {
      this.#issue([{ name, text, values: own ?? values ?? [] }], ([result], error) => {
        if (error || !result) reject(error);
        else resolve({ ...result, rows: [...result.rows], oid: 0, fields: [] });
      });
    });
  }

  /** Sends statements together; they are answered together. */
  submit(group: StatementGroup): void {
    const requests = requestsOf(group, this.#texts);
    this.#issue(requests, (results, error) => answer(group, requests, results, error));
  }

  #issue(requests: readonly Request[], settle: Pending['settle']): void {
    if (this.#isDead) return;
    if (this.#isLost) {
      // Like `pg`, it calls back later.
      this.#scheduler.later(0, 0, () => settle([], notQueryable()));
      return;
    }
    const sentAt = this.#scheduler.now();
    const pending = { requests, sentAt, answers: 0, results: [], error: null, settle };
    if (this.#isPipelined || this.#sent.length === 0) this.#send(pending);
    else this.#unsent.push(pending);
  }

  #send(pending: Pending): void {
    this.#sent.push(pending);
    for (const request of pending.requests) this.#toServer.send(request);
    this.#watch();
  }

  #received(response: Response): void {
    const [pending] = this.#sent;
    if (!pending || this.#isDead) return;
    pending.answers++;
    if ('error' in response) pending.error ??= response.error;
    else if (!pending.error) pending.results.push(response.result);
    if (pending.answers < pending.requests.length) return;
    this.#sent.shift();
    pending.settle(pending.results, pending.error);
    if (this.#sent.length > 0) return;
    const next = this.#unsent.shift();
    if (next) this.#send(next);
  }

  /** Closes the connection after everything that was sent. */
  end(): void {
    this.#isLost = true;
    this.#toServer.send(CLOSE);
  }

  // ---- failures ---------------------------------------------------------------------------------

  /** Cuts the connection: some of the data in transit arrives, the rest is lost. */
  cut(): void {
    this.#toServer.cut();
    this.session.close();
    this.#lateLoss(() => connectionLost(), 0);
  }

  /** From now on nothing arrives in either direction, without notice. */
  hang(): void {
    this.#toServer.hang();
    this.#toClient.hang();
  }

  /**
   * Ends the process of the client: the data it sent arrives, then the connection is closed.
   */
  kill(): void {
    this.#isDead = true;
    this.#toServer.send(CLOSE);
  }

  #sessionEnded(error: Error | null): void {
    this.#events.onEnded(this);
    this.#lateLoss(() => error ?? connectionLost(), 1);
  }

  /** Lets the process of the client notice within `ms` that the connection is gone. */
  #lateLoss(why: () => Error, ms: number): void {
    this.#scheduler.later(0, ms, () => {
      this.#toClient.cut();
      this.#lose(why());
    });
  }

  #lose(error: Error): void {
    if (this.#isLost || this.#isDead) return;
    this.#isLost = true;
    // The first statement gets the error of the server, if any.
    const [first, ...others] = [...this.#sent.splice(0), ...this.#unsent.splice(0)];
    first?.settle(first.results, first.error ?? error);
    for (const pending of others) pending.settle([], connectionLost());
    this.#events.onLost(this);
  }

  /** Abandons a connection whose oldest statement gets no answer. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    const check = () => {
      this.#isWatched = false;
      const [oldest] = this.#sent;
      if (!oldest || this.#isLost || this.#isDead) return;
      const left = QUERY_MS - (this.#scheduler.now() - oldest.sentAt);
      if (left > 0) {
        this.#isWatched = true;
        this.#scheduler.later(left, left, check);
        return;
      }
      this.#toServer.cut();
      this.#toClient.cut();
      this.#lose(new Error('Query read timeout'));
    };
    this.#scheduler.later(QUERY_MS, QUERY_MS, check);
  }
}
