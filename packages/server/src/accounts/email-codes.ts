import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { type AccountId, refusal } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Clock } from '../clock.ts';
import type { Emails, Queryable } from '../email/emails.ts';
import { alreadyRegisteredEmail, codeEmail } from '../email/templates.ts';
import { refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import type { Vault } from '../vault.ts';
import { type AttemptLimits, accountKey, nameKey } from './limits.ts';
import { emailKey } from './names.ts';
import { hashOf, type RowQueryable } from './tickets.ts';

/** A code is good for this long, and another one may be asked for after the shorter time. */
const CODE_MS = 10 * 60_000;
const RESEND_MS = 60_000;
/** What waits for its code is kept for this long. */
const KEPT_MS = 24 * 3_600_000;
const TRIES_MAX = 5;

/** What a code is for: an account to be made, or the address of one that is there. */
export type CodePurpose = 'register' | 'verify';

/** Who waits for a code. */
export interface CodeRequest {
  readonly purpose: CodePurpose;
  /** For `verify`. */
  readonly account?: AccountId;
  /** Where the code goes, as it was typed. */
  readonly email: string;
  /** The address belongs to an account already: its owner is told so, and gets no code. */
  readonly known?: boolean;
  readonly data: object;
}

/** What whoever waits is told. Times on the wall clock, ms. */
export interface Waiting {
  readonly ticket: string;
  readonly expiresAt: number;
  /** Seconds until another code may be asked for. */
  readonly resendAfter: number;
}

/** Something that the right code has opened. */
export interface Opened<Data> {
  readonly id: string;
  readonly account: AccountId | null;
  readonly email: string;
  readonly data: Data;
}

/** How something that waits for a code is named: by the ticket, or by its account. */
export type CodeKey = { readonly ticket: string } | { readonly account: AccountId };

/** What codes are made of. */
export interface EmailCodesDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly emails: Emails;
  readonly limits: AttemptLimits;
  /** The server’s public address. */
  readonly server: () => string;
}

/**
 * Six-digit codes by mail.
 *
 * 1. Ten minutes, five tries, one use; another code after a minute does not give new tries.
 * 2. Wrong codes are counted for the e-mail address too, so many registrations at once with one
 *    address give no more guesses than one; and by where they come from, so that nobody's wrong codes
 *    keep the owner of the address from registering.
 * 3. What happens for an address that has an account takes the same steps as for one that has none.
 */
export class EmailCodes {
  readonly #context: EmailCodesDeps;

  constructor(context: EmailCodesDeps) {
    this.#context = context;
  }

  /** Mails a code, within the transaction of `on`; wake the mails after it. */
  async start(request: CodeRequest, on: Queryable): Promise<Waiting> {
    const now = this.#context.clock.now();
    const ticket = randomBytes(32).toString('base64url');
    const subject = emailKey(request.email);
    const code = newCode();
    if (request.account !== undefined) {
      // One code at a time for an account.
      await on.query({
        name: 'codes-end',
        text: `delete from one_time_secrets where account_id = $1 and purpose = 'verify'`,
        values: [request.account],
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
        JSON.stringify({ email: request.email, own: request.data } satisfies Stored),
        iso(now + KEPT_MS),
      ],
    });
    await this.#email(request, code, on);
    return { ticket, expiresAt: now + KEPT_MS, resendAfter: RESEND_MS / 1000 };
  }

  /**
   * Mails another code to whoever asks from `address`; returns the seconds until the next may be
   * asked for. `isKnown` tells whether an e-mail address has an account by now.
   *
   * @throws {RefusalError} ticket_expired; rate_limited within a minute of the last one
   */
  async resend(
    key: CodeKey,
    address: string,
    isKnown: (email: string) => Promise<boolean>,
  ): Promise<number> {
    const { pool, clock, limits, emails } = this.#context;
    const row = await this.#find(key);
    if (!row) refuse('ticket_expired');
    const known = row.purpose === 'register' && (await isKnown(row.data.email));
    const wait = waitOf(row, clock.now());
    if (wait > 0) refuseFor(wait);
    await limits.takeEmail(row.subject, address);
    const renewed = await withTransaction(pool, (client) => this.#renew(row, known, client));
    if (!renewed) refuseFor(RESEND_MS / 1000);
    emails.wake();
    return RESEND_MS / 1000;
  }

  /**
   * A new ticket for something that waits already, whose old one ends: for whoever logs in before
   * having brought the code. Another code is mailed when a minute has passed since the last one.
   */
  async again(id: string, own: object): Promise<Waiting> {
    const { pool, clock, emails } = this.#context;
    const ticket = randomBytes(32).toString('base64url');
    const waiting = await withTransaction(pool, async (client) => {
      const { rows } = await client.query<CodeRow>({
        name: 'codes-again',
        text: `update one_time_secrets
               set token_hash = $2,
                   data = json_build_object('email', data -> 'email', 'own', $3::json)
               where id = $1 and used_at is null and expires_at > $4
               returning ${COLUMNS}`,
        values: [id, hashOf(ticket), JSON.stringify(own), iso(clock.now())],
      });
      const row = rows[0] ?? refuse('ticket_expired');
      const fresh = waitOf(row, clock.now());
      if (fresh === 0) await this.#renew(row, false, client);
      const resendAfter = fresh === 0 ? RESEND_MS / 1000 : fresh;
      return { ticket, expiresAt: row.expires_at.getTime(), resendAfter };
    });
    emails.wake();
    return waiting;
  }

  /** What waits for the address of an account to be verified; null when nothing does. */
  async ofAccount(account: AccountId): Promise<{ id: string } | null> {
    return this.#find({ account });
  }

  /**
   * Checks a code; what it opens is to be used up by {@link use}, in the transaction of what the
   * code was for.
   *
   * @throws {RefusalError} incorrect_code; code_expired, after ten minutes or five tries; ticket_expired;
   *   rate_limited
   */
  async check<Data>(key: CodeKey, code: string, address: string): Promise<Opened<Data>> {
    const { pool, clock, limits } = this.#context;
    await limits.take('codeFrom', address);
    const row = await this.#find(key);
    if (!row) refuse('ticket_expired');
    // Of an account by itself: whoever registers with its address over and over does not lock it.
    const who = row.account_id === null ? nameKey(row.subject) : accountKey(row.account_id);
    const here = row.account_id === null ? `${who} ${address}` : who;
    await limits.take('code', here);
    if (here !== who) await limits.take('codeAnywhere', who);
    const { rows } = await pool.query<{ code_hash: Buffer }>({
      name: 'codes-try',
      // Counted before it is looked at: of many at once, five are looked at.
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
    if (here !== who) await limits.giveBack('codeAnywhere', who);
    return toOpened(row);
  }

  /** Uses up what {@link check} has opened; false when somebody else has, meanwhile. */
  async use(id: string, on: RowQueryable): Promise<boolean> {
    const { rows } = await on.query<{ id: string }>({
      name: 'codes-use',
      text: `update one_time_secrets set used_at = $2
             where id = $1 and used_at is null returning id`,
      values: [id, iso(this.#context.clock.now())],
    });
    return rows.length === 1;
  }

  /** Uses a code up and notes that the account’s address is verified; false as with {@link use}. */
  async verify(id: string, account: AccountId): Promise<boolean> {
    const { rows } = await this.#context.pool.query({
      name: 'codes-verify',
      text: `with used as (
               update one_time_secrets set used_at = $3
               where id = $1 and account_id = $2 and used_at is null returning account_id
             )
             update accounts a set verified_at = coalesce(a.verified_at, $3)
             from used where a.id = used.account_id returning a.id`,
      values: [id, account, iso(this.#context.clock.now())],
    });
    return rows.length === 1;
  }

  async #find(key: CodeKey): Promise<CodeRow | null> {
    const byTicket = 'ticket' in key;
    const { rows } = await this.#context.pool.query<CodeRow>({
      name: byTicket ? 'codes-by-ticket' : 'codes-by-account',
      text: `select ${COLUMNS} from one_time_secrets
             where ${byTicket ? 'token_hash' : `purpose = 'verify' and account_id`} = $1
               and code_hash is not null and used_at is null and expires_at > $2`,
      values: [byTicket ? hashOf(key.ticket) : key.account, iso(this.#context.clock.now())],
    });
    return rows[0] ?? null;
  }

  /** Puts a new code in the place of the one before, and mails it; false when somebody else has. */
  async #renew(row: CodeRow, known: boolean, client: pg.PoolClient): Promise<boolean> {
    const now = this.#context.clock.now();
    const code = newCode();
    const { rowCount } = await client.query({
      name: 'codes-renew',
      // The tries stay, unless the code of before has had its ten minutes.
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
    await this.#email({ email: row.data.email, known, account }, code, client);
    return true;
  }

  async #email(
    to: { email: string; known?: boolean | undefined; account?: AccountId | undefined },
    code: string,
    on: Queryable,
  ): Promise<void> {
    const { emails, server } = this.#context;
    const description = to.known ? alreadyRegisteredEmail(server()) : codeEmail(server(), code);
    await emails.put(
      {
        purpose: to.known ? 'register-known' : 'verify',
        account: to.account,
        recipient: to.email,
        ...description,
        ttlMs: CODE_MS,
      },
      on,
    );
  }

  #mac(subject: string, code: string): Buffer {
    return this.#context.vault.mac('codes', `${subject} ${code}`);
  }
}

interface Stored {
  readonly email: string;
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

const toOpened = <Data>(row: CodeRow): Opened<Data> => ({
  id: row.id,
  account: row.account_id,
  email: row.data.email,
  data: row.data.own as Data,
});

const iso = (ms: number): string => new Date(ms).toISOString();
const newCode = (): string => String(randomInt(1_000_000)).padStart(6, '0');

/** Seconds until another code may be asked for. */
const waitOf = (row: CodeRow, now: number): number =>
  Math.max(0, Math.ceil(((row.code_sent_at?.getTime() ?? 0) + RESEND_MS - now) / 1000));

function refuseFor(seconds: number): never {
  refuse('rate_limited', 'Another code can be asked for in a moment', { retryAfter: seconds });
}
