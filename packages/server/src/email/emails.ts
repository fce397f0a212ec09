import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Vault } from '../encryption/vault.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import { backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/database.ts';
import { htmlOfText } from './html.ts';
import {
  type EmailContent,
  EmailRefused,
  type EmailTransport,
  type OutgoingEmail,
} from './transport.ts';

/** An email to send. */
export interface NewEmail {
  /** The purpose of the email, such as `verify`; shown to admins. */
  readonly purpose: string;
  readonly account?: AccountId | undefined;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  /** The locale that it is written in. */
  readonly locale?: string | undefined;
  /** The email is not sent after this time. */
  readonly ttlMs: number;
}

/** Runs a statement: a pool, a connection in a transaction, or a stream transaction. */
export interface Queryable {
  query(statement: { name: string; text: string; values: unknown[] }): Promise<unknown>;
}

/** How an attempt to send an email ended. */
export type EmailResult =
  | { readonly kind: 'sent' | 'canceled' }
  /** `isOfAddress`: the address of the recipient was permanently rejected. */
  | { readonly kind: 'failed'; readonly error: string; readonly isOfAddress: boolean }
  /** The next attempt is at `next`, ms since the epoch. */
  | { readonly kind: 'deferred'; readonly error: string; readonly next: number };

/** An email composed right before it is sent. */
export interface ComposedEmail {
  /** Null if the email is no longer needed. */
  readonly content: EmailContent | null;
  /** The address to send it to, if it differs from the stored one. */
  readonly recipient?: string;
  /** Records the result in the transaction that stores it. */
  readonly record?: (on: Queryable, result: EmailResult) => Promise<void>;
}

/**
 * Composes an email from its stored text. The text is null if it was encrypted with another secret:
 * the email then fails, and the composer only returns how to record the failure.
 */
export type Compose = (
  email: {
    readonly id: string;
    readonly account: AccountId | null;
    readonly recipient: string;
    readonly createdAt: Date;
  },
  stored: string | null,
) => Promise<ComposedEmail>;

interface EmailsDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly vault: Vault;
  readonly transport: EmailTransport;
}

/** Interval of the poll for due emails: those of a node that died, and retries. */
const POLL_MS = 5_000;
/** Lease of the node that sends an email. Longer than all timeouts of an attempt. */
const LEASE_MS = 120_000;
const BATCH = 5;
/** The delay before the first retry. */
const RETRY_MIN_MS = 5_000;
/** Sent emails are listed for admins for this long, without their text. */
const RETENTION_MS = 30 * 86_400_000;

/** Returns the delay after this many attempts, ms. */
export const retryDelay = (tries: number): number => backoff(tries, RETRY_MIN_MS);

/**
 * The email queue: an email is stored in the transaction that causes it and sent after the commit.
 *
 * 1. An email is sent at least once or shown as failed: it is retried with growing delays until it
 *    expires. Every attempt has the same Message-ID.
 * 2. Its text is stored encrypted, and only until it is sent.
 * 3. For some purposes only the subject matter is stored: the email is composed for each attempt,
 *    and canceled if it is no longer needed.
 */
export class Emails {
  readonly #deps: EmailsDeps;
  readonly #worker: BackgroundWorker;
  readonly #composers = new Map<string, Compose>();

  constructor(deps: EmailsDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#sendDue(isStopped),
      pollMs: POLL_MS,
      // The database is unreachable; the next run finds the same emails.
      retryMs: POLL_MS,
      onError: (error) => deps.log.warn({ err: error }, 'email queue poll failed'),
    });
  }

  /** The kind of transport that emails are sent with. */
  get kind(): EmailTransport['kind'] {
    return this.#deps.transport.kind;
  }

  /** Composes the emails of a purpose when they are sent, from their stored texts. */
  compose(purpose: string, compose: Compose): void {
    this.#composers.set(purpose, compose);
  }

  /** Stores an email in the transaction of `on`, and returns its id. Call {@link wake} after the commit. */
  async put(email: NewEmail, on: Queryable): Promise<string> {
    const { clock, vault } = this.#deps;
    const now = clock.now();
    const id = uuidv7();
    await on.query({
      name: 'emails-put',
      text: `insert into emails
               (id, purpose, account_id, recipient, subject, sealed, created_at, expires_at, next_try_at, locale)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $9)`,
      values: [
        id,
        email.purpose,
        email.account ?? null,
        email.recipient,
        email.subject,
        vault.seal('email', email.text),
        new Date(now).toISOString(),
        new Date(now + email.ttlMs).toISOString(),
        email.locale ?? null,
      ],
    });
    return id;
  }

  /** Starts polling for due emails, until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Sends due emails now. */
  wake(): void {
    this.#worker.wake();
  }

  /** Waits for deliveries in flight and closes the transport. */
  async stop(): Promise<void> {
    await this.#worker.stop();
    this.#deps.transport.close();
  }

  /** Deletes old emails that were sent or failed. */
  async clean(): Promise<void> {
    const { pool, clock } = this.#deps;
    await pool.query('delete from emails where created_at < $1 and next_try_at is null', [
      new Date(clock.now() - RETENTION_MS),
    ]);
  }

  async #sendDue(isStopped: () => boolean): Promise<void> {
    for (let due = await this.#take(); due.length > 0; due = await this.#take()) {
      await Promise.all(due.map((row) => this.#send(row)));
      if (isStopped()) return;
    }
  }

  /** Takes due emails; no other node tries them during the lease. */
  async #take(): Promise<EmailRow[]> {
    const { pool, clock } = this.#deps;
    const now = clock.now();
    const { rows } = await pool.query<EmailRow>({
      name: 'emails-take',
      text: `update emails set tries = tries + 1, next_try_at = $2
             where id in (
               select id from emails where next_try_at <= $1
               order by next_try_at limit $3 for update skip locked
             )
             returning id, purpose, account_id, recipient, subject, sealed, created_at, expires_at, tries,
               locale`,
      values: [new Date(now), new Date(now + LEASE_MS), BATCH],
    });
    return rows;
  }

  async #send(row: EmailRow): Promise<void> {
    const { transport, log, clock } = this.#deps;
    const about = { email: row.id, purpose: row.purpose, tries: row.tries };
    let composed: ComposedEmail | undefined;
    try {
      if (!row.sealed) throw new EmailRefused('the text has been removed');
      const text = openText(this.#deps.vault, row.sealed);
      composed = await this.#compose(row, text);
      if (text === null) throw new EmailRefused('encrypted with another PARLEY_SECRET');
      if (row.expires_at.getTime() <= clock.now())
        throw new EmailRefused('expired before delivery');
      if (composed.content === null) {
        await this.#recordResult(row.id, composed, { kind: 'canceled' });
        log.debug(about, 'email canceled');
        return;
      }
      await transport.send({
        ...headOf(row),
        recipient: composed.recipient ?? row.recipient,
        ...composed.content,
      });
      await this.#recordResult(row.id, composed, { kind: 'sent' });
      log.debug(about, 'email sent');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const next = clock.now() + retryDelay(row.tries);
      const permanent = error instanceof EmailRefused || next >= row.expires_at.getTime();
      log.warn({ ...about, reason }, permanent ? 'email failed' : 'email deferred');
      const shortReason = reason.slice(0, 500);
      await this.#recordResult(
        row.id,
        composed,
        permanent
          ? {
              kind: 'failed',
              error: shortReason,
              isOfAddress: error instanceof EmailRefused && error.isOfAddress,
            }
          : { kind: 'deferred', error: shortReason, next },
      );
    }
  }

  async #compose(row: EmailRow, text: string | null): Promise<ComposedEmail> {
    const { id, account_id: account, recipient, created_at: createdAt, subject } = row;
    const compose = this.#composers.get(row.purpose);
    if (!compose) {
      const { locale } = row;
      return {
        content:
          text === null ? null : { subject, text, html: htmlOfText(locale ?? 'en', subject, text) },
      };
    }
    return await compose({ id, account, recipient, createdAt }, text);
  }

  /** Records the result of an attempt, together with what the composer adds. */
  async #recordResult(
    id: string,
    composed: ComposedEmail | undefined,
    result: EmailResult,
  ): Promise<void> {
    await withTransaction(this.#deps.pool, async (client) => {
      await composed?.record?.(client, result);
      await this.#store(client, id, result, composed?.recipient);
    });
  }

  async #store(
    on: Queryable,
    id: string,
    result: EmailResult,
    recipient: string | undefined,
  ): Promise<void> {
    if (result.kind === 'canceled') {
      await on.query({
        name: 'emails-cancel',
        text: 'delete from emails where id = $1',
        values: [id],
      });
      return;
    }
    const now = new Date(this.#deps.clock.now());
    const final = result.kind !== 'deferred';
    await on.query({
      name: 'emails-end',
      text: `update emails
             set next_try_at = $2, sent_at = $3, failed_at = $4, last_error = $5,
                 sealed = case when $6 then null else sealed end, recipient = coalesce($7, recipient)
             where id = $1`,
      values: [
        id,
        result.kind === 'deferred' ? new Date(result.next) : null,
        result.kind === 'sent' ? now : null,
        result.kind === 'failed' ? now : null,
        'error' in result ? result.error : null,
        final,
        recipient ?? null,
      ],
    });
  }
}

interface EmailRow {
  id: string;
  purpose: string;
  account_id: AccountId | null;
  recipient: string;
  subject: string;
  sealed: Buffer | null;
  created_at: Date;
  expires_at: Date;
  tries: number;
  /** Null if it is in English, or composed when it is sent. */
  locale: string | null;
}

/** Returns the text; null if it was encrypted with another secret. */
function openText(vault: Vault, sealed: Buffer): string | null {
  try {
    return vault.open('email', sealed);
  } catch {
    return null;
  }
}

const headOf = (row: EmailRow): Omit<OutgoingEmail, keyof EmailContent> => ({
  id: row.id,
  purpose: row.purpose,
  recipient: row.recipient,
  createdAt: row.created_at.getTime(),
});
