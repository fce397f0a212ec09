import { createHash, randomBytes } from 'node:crypto';
import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../../runtime/clock.ts';
import type { RuleContext } from '../../stream/stream-transaction.ts';

/** Attempts after which a ticket is rejected. */
const TRIES_MAX = 5;
/** Expired rows are kept for this long. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Runs statements and returns their rows: a pool, a connection, or a stream transaction. */
export interface RowQueryable {
  query<R extends pg.QueryResultRow>(statement: {
    name: string;
    text: string;
    values: unknown[];
  }): Promise<{ rows: R[] }>;
}

/** Adapts what a rule reads from to {@link RowQueryable}. */
export const rowsOf = (tx: RuleContext): RowQueryable => ({
  query: async ({ name, text, values }) => ({ rows: await tx.query(name, text, values) }),
});

/** What a ticket stands for. `Data` is what was stored with it. */
export interface Ticket<Data> {
  readonly id: string;
  readonly account: AccountId | null;
  /** The address it concerns, in the form in which addresses are compared. */
  readonly subject: string | null;
  readonly data: Data;
  /** Wall clock, ms. */
  readonly expiresAt: number;
}

/** A new ticket. */
export interface NewTicket {
  /** A ticket is only valid for its purpose. */
  readonly purpose: string;
  readonly account?: AccountId;
  readonly subject?: string;
  /** JSON; contains no secret in the clear. */
  readonly data?: object;
  readonly ttlMs: number;
}

/**
 * One-use tickets: 256 random bits that a client holds while an operation is incomplete, stored
 * only as SHA-256. A ticket ends when it is redeemed, expires, or after five counted attempts.
 */
export class Tickets {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Creates a ticket, within the transaction of `on` if given. */
  async issue(
    ticket: NewTicket,
    on: RowQueryable = this.#pool,
  ): Promise<{ id: string; ticket: string; expiresAt: number }> {
    const id = uuidv7();
    const text = randomBytes(32).toString('base64url');
    const now = this.#clock.now();
    const expiresAt = now + ticket.ttlMs;
    await on.query({
      name: 'tickets-issue',
      text: `insert into one_time_secrets
               (id, purpose, token_hash, account_id, subject, data, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [
        id,
        ticket.purpose,
        hashOf(text),
        ticket.account ?? null,
        ticket.subject ?? null,
        JSON.stringify(ticket.data ?? {}),
        new Date(now),
        new Date(expiresAt),
      ],
    });
    return { id, ticket: text, expiresAt };
  }

  /** Returns what a ticket stands for without changing it; null when it has ended. */
  async peek<Data>(purpose: string, ticket: string): Promise<Ticket<Data> | null> {
    const { rows } = await this.#pool.query<TicketRow<Data>>({
      name: 'tickets-look',
      text: `select ${COLUMNS} from one_time_secrets where ${GOOD}`,
      values: [hashOf(ticket), purpose, new Date(this.#clock.now()), TRIES_MAX],
    });
    return rows[0] ? toTicket(rows[0]) : null;
  }

  /**
   * Counts an attempt before the client’s input is checked, so that concurrent attempts cannot
   * exceed five. Null when the ticket has ended or has no attempts left.
   */
  async attempt<Data>(purpose: string, ticket: string): Promise<Ticket<Data> | null> {
    const { rows } = await this.#pool.query<TicketRow<Data>>({
      name: 'tickets-attempt',
      text: `update one_time_secrets set tries = tries + 1 where ${GOOD} returning ${COLUMNS}`,
      values: [hashOf(ticket), purpose, new Date(this.#clock.now()), TRIES_MAX],
    });
    return rows[0] ? toTicket(rows[0]) : null;
  }

  /**
   * Uses up a ticket; null when it has ended. Only one of concurrent callers succeeds. Call it
   * after {@link attempt}: the last of the five attempts may have succeeded.
   */
  async redeem<Data>(
    purpose: string,
    ticket: string,
    on: RowQueryable = this.#pool,
  ): Promise<Ticket<Data> | null> {
    const { rows } = await on.query<TicketRow<Data>>({
      name: 'tickets-redeem',
      text: `update one_time_secrets set used_at = $3
             where ${GOOD.replace('tries <', 'tries <=')} returning ${COLUMNS}`,
      values: [hashOf(ticket), purpose, new Date(this.#clock.now()), TRIES_MAX],
    });
    return rows[0] ? toTicket(rows[0]) : null;
  }

  /** Ends all tickets of an account for a purpose. */
  async endAll(purpose: string, account: AccountId, on: RowQueryable = this.#pool): Promise<void> {
    await on.query({
      name: 'tickets-end-all',
      text: 'delete from one_time_secrets where account_id = $1 and purpose = $2',
      values: [account, purpose],
    });
  }

  /** Removes rows that expired long ago. */
  async clean(): Promise<void> {
    await this.#pool.query('delete from one_time_secrets where expires_at < $1', [
      new Date(this.#clock.now() - KEPT_MS),
    ]);
  }
}

/** Returns the hash that is stored of a random token. */
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

interface TicketRow<Data> {
  id: string;
  account_id: AccountId | null;
  subject: string | null;
  data: Data;
  expires_at: Date;
}

const COLUMNS = 'id, account_id, subject, data, expires_at';
const GOOD =
  'token_hash = $1 and purpose = $2 and used_at is null and expires_at > $3 and tries < $4';

const toTicket = <Data>(row: TicketRow<Data>): Ticket<Data> => ({
  id: row.id,
  account: row.account_id,
  subject: row.subject,
  data: row.data,
  expiresAt: row.expires_at.getTime(),
});
