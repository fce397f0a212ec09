import { randomInt } from 'node:crypto';
import { domainToASCII } from 'node:url';
import {
  type AccountId,
  DisplayName,
  EmailAddress,
  LIMITS,
  type RefusalCode,
  Username,
} from '@parley/protocol';
import type pg from 'pg';
import { domainOf, emailKey } from '../accounts/names.ts';
import { registerAccount } from '../accounts/register.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Append } from '../stream/append.ts';
import type { Unit } from '../stream/unit.ts';
import type { Vouched } from './provider.ts';

/** Names that were taken are tried again with another number. */
const NAME_TRIES = 20;

/** What identities work with. */
export interface IdentitiesContext {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly config: Pick<Config, 'registration'>;
}

/** An account to log in to, or the code of why there is none. */
export type Found =
  | { readonly account: AccountId; readonly credentials: number }
  | { readonly refused: RefusalCode };

/**
 * Whom people of another provider are here.
 *
 * 1. Somebody who was here before is known by issuer and subject, whatever their address is now.
 * 2. Otherwise by their address, and only if both sides have verified it: a provider that has not
 *    would let anybody in, and an account here that has not may belong to somebody who waits for it.
 * 3. Otherwise they get an account, where people may register.
 */
export class Identities {
  readonly #context: IdentitiesContext;

  constructor(context: IdentitiesContext) {
    this.#context = context;
  }

  async find(vouched: Vouched): Promise<Found> {
    const known = await this.#known(vouched);
    if (known) return known;
    const email = EmailAddress.safeParse(vouched.email);
    if (!email.success || !vouched.emailVerified) return { refused: 'sso_email_unverified' };
    const { pool } = this.#context;
    const { rows } = await pool.query<AccountRow & { verified: boolean }>({
      name: 'sso-by-email',
      text: `select id, credentials_version, verified_at is not null as verified
             from accounts where email_key = $1`,
      values: [emailKey(email.data)],
    });
    const [row] = rows;
    if (!row) return this.#register(vouched, email.data);
    if (!row.verified) return { refused: 'sso_account_unverified' };
    // An address that was given to somebody else there does not bring the account of the one before.
    const { rowCount } = await pool.query({
      name: 'sso-link',
      text: `insert into identities (issuer, subject, account_id, created_at, last_used_at)
             select $1, $2, $3, $4, $4
             where not exists (select from identities where issuer = $1 and account_id = $3)
             on conflict (issuer, subject) do nothing`,
      values: [vouched.issuer, vouched.subject, row.id, this.#now()],
    });
    return rowCount === 1 ? toFound(row) : { refused: 'sso_account_linked' };
  }

  async #known({ issuer, subject }: Vouched): Promise<Found | null> {
    const { rows } = await this.#context.pool.query<AccountRow>({
      name: 'sso-known',
      text: `with used as (
               update identities set last_used_at = $3 where issuer = $1 and subject = $2
               returning account_id
             )
             select a.id, a.credentials_version from used join accounts a on a.id = used.account_id`,
      values: [issuer, subject, this.#now()],
    });
    return rows[0] ? toFound(rows[0]) : null;
  }

  async #register(vouched: Vouched, email: string): Promise<Found> {
    const refused = await this.#refusal(email);
    if (refused) return { refused };
    const wanted = nameFrom(vouched.username) ?? nameFrom(email.split('@', 1)[0] ?? null);
    for (let tries = 0; tries < NAME_TRIES; tries++) {
      const base = wanted ?? 'person';
      const username =
        tries === 0 && wanted
          ? wanted
          : `${base.slice(0, LIMITS.usernameMax - 6)}${randomInt(1e5)}`;
      const displayName = DisplayName.safeParse(vouched.name).data ?? username;
      const { account, outcome } = await registerAccount(this.#context.append, {
        username,
        displayName,
        email,
        passwordHash: null,
        verified: true,
        after: (unit, id) => this.#link(unit, vouched, id),
      });
      if (outcome.kind === 'stored') return { account, credentials: 0 };
      if (outcome.kind === 'unknown') return { refused: 'outcome_unknown' };
      if (outcome.refusal.code !== 'username_taken') return { refused: outcome.refusal.code };
    }
    return { refused: 'username_taken' };
  }

  /** Why nobody can register with this address; null when somebody can. */
  async #refusal(email: string): Promise<RefusalCode | null> {
    const { config, pool } = this.#context;
    const { mode, domains } = config.registration;
    if (mode === 'open') return null;
    const { rows } = await pool.query('select from accounts limit 1');
    if (rows.length === 0) return null;
    if (mode === 'closed') return 'registration_closed';
    const domain = domainToASCII(domainOf(email));
    const listed = mode === 'domain' && domains.some((d) => domainToASCII(d) === domain);
    return listed ? null : 'invitation_needed';
  }

  async #link(unit: Unit, { issuer, subject }: Vouched, account: AccountId): Promise<void> {
    await unit.query('sso-link-new', LINK, [issuer, subject, account, this.#now()]);
  }

  #now(): Date {
    return new Date(this.#context.clock.now());
  }
}

interface AccountRow {
  id: AccountId;
  credentials_version: number;
}

const LINK = `insert into identities (issuer, subject, account_id, created_at, last_used_at)
  values ($1, $2, $3, $4, $4)`;

const toFound = (row: AccountRow): Found => ({
  account: row.id,
  credentials: row.credentials_version,
});

/** A username made of what the provider says; null when nothing of it can stand in one. */
function nameFrom(text: string | null): string | null {
  const kept = text
    ?.normalize('NFKC')
    .split('@', 1)[0]
    ?.replace(/[^\p{L}\p{M}\p{N}._-]/gu, '')
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu, '');
  return Username.safeParse([...(kept ?? '')].slice(0, LIMITS.usernameMax).join('')).data ?? null;
}
