import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Vault } from '../vault.ts';
import { EmailRefused, type EmailTransport, type Letter } from './transport.ts';

/** A mail to be sent. */
export interface NewEmail {
  /** What it is about, such as `verify`; shown to admins. */
  readonly purpose: string;
  readonly account?: AccountId | undefined;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  /** After this time it says nothing any more. */
  readonly ttlMs: number;
}

/** Something that runs a statement: a pool, a connection in a transaction, a unit of a lane. */
export interface Queryable {
  query(statement: { name: string; text: string; values: unknown[] }): Promise<unknown>;
}

/** What mails are sent with. */
export interface EmailsDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly vault: Vault;
  readonly transport: EmailTransport;
}

/** How often is looked for mails that are due: those of another node that has died, and retries. */
const LOOK_MS = 5_000;
/** For this long a mail is the one node’s that has taken it. Longer than all timeouts of a try. */
const LEASE_MS = 120_000;
const AT_ONCE = 5;
/** Waits between tries: five seconds, three times as long each time, at most an hour. */
const FIRST_WAIT_MS = 5_000;
const WAIT_MAX_MS = 3_600_000;
/** Sent mails are shown to admins for this long, without their words. */
const KEPT_MS = 30 * 86_400_000;

/** The wait after so many tries, ms. */
export const waitAfter = (tries: number): number =>
  Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 3 ** Math.min(tries - 1, 20));

/**
 * Mails: stored in the transaction of what they tell of, sent after it.
 *
 * 1. A mail is sent at least once, or shown as failed: retried with growing waits until it has
 *    nothing to say any more. Its Message-ID is the same each time.
 * 2. Its words are in the database encrypted, and only until it is sent.
 */
export class Emails {
  readonly #context: EmailsDeps;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(context: EmailsDeps) {
    this.#context = context;
  }

  /** Where the mails go. */
  get kind(): EmailTransport['kind'] {
    return this.#context.transport.kind;
  }

  /** Stores a mail, in the transaction of `on`. Call {@link wake} after its commit. */
  async put(email: NewEmail, on: Queryable): Promise<void> {
    const { clock, vault } = this.#context;
    const now = clock.now();
    await on.query({
      name: 'emails-put',
      text: `insert into emails
               (id, purpose, account_id, recipient, subject, sealed, created_at, expires_at, next_try_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $7)`,
      values: [
        uuidv7(),
        email.purpose,
        email.account ?? null,
        email.recipient,
        email.subject,
        vault.seal('mail', email.text),
        new Date(now).toISOString(),
        new Date(now + email.ttlMs).toISOString(),
      ],
    });
  }

  /** Begins to look for mails that are due, until {@link stop}. */
  start(): void {
    this.#timer = setInterval(() => this.wake(), LOOK_MS);
    this.#timer.unref();
    this.wake();
  }

  /** Sends what is due, now. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Waits for the mails that are on their way, and ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#running;
    this.#context.transport.close();
  }

  /** Forgets mails that were sent, or given up, long ago. */
  async clean(): Promise<void> {
    const { pool, clock } = this.#context;
    await pool.query('delete from emails where created_at < $1 and next_try_at is null', [
      new Date(clock.now() - KEPT_MS),
    ]);
  }

  async #run(): Promise<void> {
    const { log } = this.#context;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        for (let due = await this.#take(); due.length > 0; due = await this.#take()) {
          await Promise.all(due.map((row) => this.#send(row)));
          if (this.#stopped) return;
        }
      }
    } catch (error) {
      // The database is away; the next look finds the same mails.
      log.warn({ err: error }, 'mails could not be looked for');
    }
  }

  /** Takes mails that are due: nobody else tries them for the time of the lease. */
  async #take(): Promise<EmailRow[]> {
    const { pool, clock } = this.#context;
    const now = clock.now();
    const { rows } = await pool.query<EmailRow>({
      name: 'emails-take',
      text: `update emails set tries = tries + 1, next_try_at = $2
             where id in (
               select id from emails where next_try_at <= $1
               order by next_try_at limit $3 for update skip locked
             )
             returning id, purpose, recipient, subject, sealed, created_at, expires_at, tries`,
      values: [new Date(now), new Date(now + LEASE_MS), AT_ONCE],
    });
    return rows;
  }

  async #send(row: EmailRow): Promise<void> {
    const { transport, log, clock, vault } = this.#context;
    const about = { email: row.id, purpose: row.purpose, tries: row.tries };
    try {
      if (row.expires_at.getTime() <= clock.now()) throw new EmailRefused('it came too late');
      if (!row.sealed) throw new EmailRefused('its words are gone');
      await transport.send(letterOf(row, openWords(vault, row.sealed)));
      await this.#end(row.id, 'sent');
      log.debug(about, 'a mail was sent');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const next = clock.now() + waitAfter(row.tries);
      const over = error instanceof EmailRefused || next >= row.expires_at.getTime();
      log.warn({ ...about, reason }, over ? 'a mail was given up' : 'a mail will be tried again');
      await this.#end(row.id, over ? 'failed' : next, reason.slice(0, 500));
    }
  }

  /** Notes what became of a try: sent, failed for good, or the time of the next one (ms). */
  async #end(id: string, became: 'sent' | 'failed' | number, reason?: string): Promise<void> {
    const { pool, clock } = this.#context;
    const over = typeof became === 'string';
    await pool.query({
      name: 'emails-end',
      text: `update emails
             set next_try_at = $2, sent_at = $3, failed_at = $4, last_error = $5,
                 sealed = case when $6 then null else sealed end
             where id = $1`,
      values: [
        id,
        over ? null : new Date(became),
        became === 'sent' ? new Date(clock.now()) : null,
        became === 'failed' ? new Date(clock.now()) : null,
        reason ?? null,
        over,
      ],
    });
  }
}

interface EmailRow {
  id: string;
  purpose: string;
  recipient: string;
  subject: string;
  sealed: Buffer | null;
  created_at: Date;
  expires_at: Date;
  tries: number;
}

function openWords(vault: Vault, sealed: Buffer): string {
  try {
    return vault.open('mail', sealed);
  } catch (error) {
    throw new EmailRefused('it was stored under another PARLEY_SECRET', { cause: error });
  }
}

const letterOf = (row: EmailRow, text: string): Letter => ({
  id: row.id,
  purpose: row.purpose,
  recipient: row.recipient,
  subject: row.subject,
  text,
  createdAt: row.created_at.getTime(),
});
