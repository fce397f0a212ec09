import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { type AccountId, refusal } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Emails, Queryable } from '../../email/emails.ts';
import { addressInUseEmail, alreadyRegisteredEmail, codeEmail } from '../../email/templates.ts';
import type { Vault } from '../../encryption/vault.ts';
import { RefusalError, refuse } from '../../http/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withTransaction } from '../../storage/database.ts';
import type { Statement } from '../../stream/stream-transaction.ts';
import { textsFor } from '../../texts/texts.ts';
import { type AttemptLimits, accountKey, nameKey } from '../attempts/attempt-limits.ts';
import { hashOf, type RowQueryable } from '../tickets/tickets.ts';
import { emailKey } from '../users/names.ts';

/** Validity of a code, and the minimum time before another one. */
const CODE_MS = 10 * 60_000;
const RESEND_MS = 60_000;
/** Pending registrations and logins are kept for this long. */
const KEPT_MS = 24 * 3_600_000;
const TRIES_MAX = 5;

/** The purpose of a code: to create an account, to verify the address of an existing one, or to change it. */
export type CodePurpose = 'register' | 'verify' | 'change';

/** A request for a code. */
export interface CodeRequest {
  readonly purpose: CodePurpose;
  /** For `verify` and `change`. */
  readonly account?: AccountId;
  /** The address that the code is sent to, as it was typed. */
  readonly email: string;
  /** The address belongs to another account: its owner is notified and gets no code. */
  readonly isRegistered?: boolean;
  /** The locale of the recipient; null: not known. */
  readonly locale: string | null;
  readonly data: object;
}

/** The pending step as the client sees it. Times on the wall clock, ms. */
export interface PendingStep {
  readonly ticket: string;
  readonly expiresAt: number;
  /** Seconds until another code may be requested. */
  readonly resendAfter: number;
}

/** The pending step that a right code has verified. */
export interface VerifiedCode<Data> {
  readonly id: string;
  readonly account: AccountId | null;
  readonly email: string;
  readonly data: Data;
}

/** Identifies a pending step: by its ticket, or by its account and purpose. */
export type CodeKey =
  | { readonly ticket: string }
  | { readonly account: AccountId; readonly purpose: 'verify' | 'change' };

interface EmailCodesDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly emails: Emails;
  readonly limits: AttemptLimits;
  /** The server’s public address. */
  readonly server: () => string;
}

/**
 * Six-digit codes sent by email.
 *
 * 1. A code is valid for ten minutes, five attempts and one use; requesting another one does not
 *    reset the attempts.
 * 2. Wrong codes also count for the email address, so that concurrent registrations with one
 *    address, or changes to it, allow no more guesses than one; and for their source address, so that
 *    an attacker cannot block the owner of the address.
 * 3. The steps are the same whether the address has an account or not.
 */
export class EmailCodes {
  readonly #deps: EmailCodesDeps;

  constructor(deps: EmailCodesDeps) {
    this.#deps = deps;
  }

  /** Stores an email with a code within the transaction of `on`; wake the emails after it. */
  async start(request: CodeRequest, on: Queryable): Promise<PendingStep> {
    const now = this.#deps.clock.now();
    const ticket = randomBytes(32).toString('base64url');
    const subject = emailKey(request.email);
    const code = newCode();
    if (request.account !== undefined) {
      // One pending code of each purpose per account.
      await on.query({
        name: 'codes-end',
        text: 'delete from one_time_secrets where account_id = $1 and purpose = $2',
        values: [request.account, request.purpose],
      });
    }
    await on.query({
      name: 'codes-start',
      text: `insert into one_time_secrets
               (id, purpose, token_hash, account_id, subject, code_hash, code_expires_at,
                code_sent_at, data, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $10)`,
      values: [
        uuidv7(),
        request.purpose,
        hashOf(ticket),
        request.account ?? null,
        subject,
        this.#mac(subject, code),
        iso(now + CODE_MS),
        iso(now),
        JSON.stringify({
          email: request.email,
          locale: request.locale,
          own: request.data,
        } satisfies Stored),
        iso(now + KEPT_MS),
      ],
    });
    await this.#email(request, code, on);
    return { ticket, expiresAt: now + KEPT_MS, resendAfter: RESEND_MS / 1000 };
  }

  /**
   * Sends another code, requested from `address`; returns the seconds until the next one may be
   * requested. `isKnown` says whether an email address has an account by now.
   *
   * @throws {RefusalError} ticket_expired; rate_limited within a minute of the last one
   */
  async resend(
    key: CodeKey,
    address: string,
    isKnown: (email: string) => Promise<boolean>,
  ): Promise<number> {
    const { pool, clock, limits, emails } = this.#deps;
    const row = await this.#find(key);
    if (!row) refuse('ticket_expired');
    const hasAccount = row.purpose !== 'verify' && (await isKnown(row.data.email));
    const wait = waitOf(row, clock.now());
    if (wait > 0) refuseFor(wait);
    await limits.takeEmail(row.subject, address);
    const renewed = await withTransaction(pool, (client) =>
      this.#renew(client, row, { isRegistered: hasAccount }),
    );
    if (!renewed) refuseFor(RESEND_MS / 1000);
    emails.wake();
    return RESEND_MS / 1000;
  }

  /**
   * Issues a new ticket for a pending step, which invalidates the old one: for a login before the
   * code was entered. Sends another code if the last one is more than a minute old.
   */
  async reissue(id: string, own: object): Promise<PendingStep> {
    const { pool, clock, emails } = this.#deps;
    const ticket = randomBytes(32).toString('base64url');
    const waiting = await withTransaction(pool, async (client) => {
      const { rows } = await client.query<CodeRow>({
        name: 'codes-again',
        text: `update one_time_secrets
               set token_hash = $2,
                   data = json_build_object(
                     'email', data -> 'email', 'locale', data -> 'locale', 'own', $3::json)
               where id = $1 and used_at is null and expires_at > $4
               returning ${COLUMNS}`,
        values: [id, hashOf(ticket), JSON.stringify(own), iso(clock.now())],
      });
      const row = rows[0] ?? refuse('ticket_expired');
      const fresh = waitOf(row, clock.now());
      if (fresh === 0) await this.#renew(client, row, { isRegistered: false });
      const resendAfter = fresh === 0 ? RESEND_MS / 1000 : fresh;
      return { ticket, expiresAt: row.expires_at.getTime(), resendAfter };
    });
    emails.wake();
    return waiting;
  }

  /** Returns the pending verification of an account’s address, or of one to change to; null when there is none. */
  async ofAccount(
    account: AccountId,
    purpose: 'verify' | 'change',
  ): Promise<{ id: string; email: string } | null> {
    const row = await this.#find({ account, purpose });
    return row && { id: row.id, email: row.data.email };
  }

  /**
   * Checks a code. The transaction of the change uses up what it unlocks: {@link lockUnused}, then
   * {@link use}.
   *
   * @throws {RefusalError} incorrect_code; code_expired, after ten minutes or five tries;
   * ticket_expired; rate_limited
   */
  async check<Data>(key: CodeKey, code: string, address: string): Promise<VerifiedCode<Data>> {
    const { pool, clock, limits } = this.#deps;
    await limits.take('codeFrom', address);
    const row = await this.#find(key);
    if (!row) refuse('ticket_expired');
    // A separate limit for the address that an account has: repeated registrations with it do not lock
    // the account.
    const owner = row.purpose === 'verify' ? row.account_id : null;
    const who = owner === null ? nameKey(row.subject) : accountKey(owner);
    const here = owner === null ? `${who} ${address}` : who;
    await limits.take('code', here);
    if (here !== who) await limits.take('codeAnywhere', who);
    const { rows } = await pool.query<{ code_hash: Buffer }>({
      name: 'codes-try',
      // Counted before the check, so that concurrent attempts cannot exceed the limit.
      text: `update one_time_secrets set tries = tries + 1
             where id = $1 and used_at is null and tries < $2 and code_expires_at > $3
             returning code_hash`,
      values: [row.id, TRIES_MAX, iso(clock.now())],
    });
    const [counted] = rows;
    if (!counted) refuse('code_expired');
    if (!timingSafeEqual(counted.code_hash, this.#mac(row.subject, code))) {
      const { code: name, message } = refusal('incorrect_code');
      refuse('incorrect_code', undefined, { errors: [{ field: 'code', code: name, message }] });
    }
    await limits.clear('code', here);
    if (here !== who) await limits.refund('codeAnywhere', who);
    return verifiedCodeOf(row);
  }

  /**
   * As {@link check}, for a pending step of an account, which has no ticket that the user could know.
   *
   * @throws {RefusalError} incorrect_code; code_expired, also when none is pending; rate_limited
   */
  async checkOwn<Data>(
    key: Exclude<CodeKey, { readonly ticket: string }>,
    code: string,
    address: string,
  ): Promise<VerifiedCode<Data>> {
    try {
      return await this.check(key, code, address);
    } catch (error) {
      if (!(error instanceof RefusalError) || error.refusal.code !== 'ticket_expired') throw error;
      throw new RefusalError(refusal('code_expired'));
    }
  }

  /** Locks what {@link check} unlocked; false when it was used concurrently. */
  async lockUnused(id: string, on: RowQueryable): Promise<boolean> {
    const { rows } = await on.query({
      name: 'codes-lock',
      text: 'select from one_time_secrets where id = $1 and used_at is null for no key update',
      values: [id],
    });
    return rows.length === 1;
  }

  /** Returns the statement that uses up what {@link lockUnused} locked. */
  use(id: string): Statement {
    return {
      name: 'codes-use',
      text: 'update one_time_secrets set used_at = $2 where id = $1',
      values: [id, iso(this.#deps.clock.now())],
    };
  }

  /** Uses up a code and marks the account’s address as verified; false when it was used already. */
  async verify(id: string, account: AccountId): Promise<boolean> {
    const { rows } = await this.#deps.pool.query({
      name: 'codes-verify',
      text: `with used as (
               update one_time_secrets set used_at = $3
               where id = $1 and account_id = $2 and used_at is null returning account_id
             ), confirmed as (
               delete from undeliverable_addresses u using used where u.account_id = used.account_id
             )
             update accounts a set verified_at = coalesce(a.verified_at, $3)
             from used where a.id = used.account_id returning a.id`,
      values: [id, account, iso(this.#deps.clock.now())],
    });
    return rows.length === 1;
  }

  async #find(key: CodeKey): Promise<CodeRow | null> {
    const byTicket = 'ticket' in key;
    const { rows } = await this.#deps.pool.query<CodeRow>({
      name: byTicket ? 'codes-by-ticket' : 'codes-by-account',
      text: `select ${COLUMNS} from one_time_secrets
             where ${byTicket ? 'token_hash = $2' : 'account_id = $2 and purpose = $3'}
               and code_hash is not null and used_at is null and expires_at > $1`,
      values: [
        iso(this.#deps.clock.now()),
        ...(byTicket ? [hashOf(key.ticket)] : [key.account, key.purpose]),
      ],
    });
    return rows[0] ?? null;
  }

  /** Replaces the code and sends the new one; false when it was replaced concurrently. */
  async #renew(
    client: pg.PoolClient,
    row: CodeRow,
    { isRegistered }: { readonly isRegistered: boolean },
  ): Promise<boolean> {
    const now = this.#deps.clock.now();
    const code = newCode();
    const { rowCount } = await client.query({
      name: 'codes-renew',
      // The attempts are kept, unless the previous code has expired.
      text: `update one_time_secrets
             set code_hash = $2, code_sent_at = $3,
                 tries = case when code_expires_at <= $3 then 0 else tries end,
                 code_expires_at = $4
             where id = $1 and used_at is null and code_sent_at <= $5`,
      values: [
        row.id,
        this.#mac(row.subject, code),
        iso(now),
        iso(now + CODE_MS),
        iso(now - RESEND_MS),
      ],
    });
    if (rowCount !== 1) return false;
    const account = row.account_id ?? undefined;
    const { email, locale = null } = row.data;
    const { purpose } = row;
    await this.#email({ purpose, email, locale, isRegistered, account }, code, client);
    return true;
  }

  async #email(
    to: {
      purpose: CodePurpose;
      email: string;
      locale: string | null;
      isRegistered?: boolean | undefined;
      account?: AccountId | undefined;
    },
    code: string,
    on: Queryable,
  ): Promise<void> {
    const { emails, server } = this.#deps;
    const texts = textsFor(to.locale);
    const known = to.purpose === 'change' ? addressInUseEmail : alreadyRegisteredEmail;
    const description = to.isRegistered ? known(texts, server()) : codeEmail(texts, server(), code);
    await emails.put(
      {
        purpose: to.isRegistered ? `${to.purpose}-known` : 'verify',
        // The account of someone else must not appear in what belongs to the one that asked.
        account: to.isRegistered ? undefined : to.account,
        recipient: to.email,
        ...description,
        ttlMs: CODE_MS,
      },
      on,
    );
  }

  #mac(subject: string, code: string): Buffer {
    return this.#deps.vault.mac('codes', `${subject} ${code}`);
  }
}

interface Stored {
  readonly email: string;
  /** Absent in what an earlier version has stored. */
  readonly locale?: string | null;
  readonly own: unknown;
}

interface CodeRow {
  id: string;
  purpose: CodePurpose;
  account_id: AccountId | null;
  subject: string;
  data: Stored;
  code_sent_at: Date | null;
  expires_at: Date;
}

const COLUMNS = 'id, purpose, account_id, subject, data, code_sent_at, expires_at';

const verifiedCodeOf = <Data>(row: CodeRow): VerifiedCode<Data> => ({
  id: row.id,
  account: row.account_id,
  email: row.data.email,
  data: row.data.own as Data,
});

const iso = (ms: number): string => new Date(ms).toISOString();
const newCode = (): string => String(randomInt(1_000_000)).padStart(6, '0');

/** Returns the seconds until another code may be requested. */
const waitOf = (row: CodeRow, now: number): number =>
  Math.max(0, Math.ceil(((row.code_sent_at?.getTime() ?? 0) + RESEND_MS - now) / 1000));

function refuseFor(seconds: number): never {
  refuse('rate_limited', 'Wait before you request another code', { retryAfter: seconds });
}
