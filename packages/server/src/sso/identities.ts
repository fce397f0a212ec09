import { randomInt } from 'node:crypto';
import {
  type AccountId,
  DisplayName,
  EmailAddress,
  LIMITS,
  type RefusalCode,
  Username,
} from '@parley/protocol';
import type pg from 'pg';
import { refusalOfAdmission } from '../accounts/admission.ts';
import { emailKey } from '../accounts/names.ts';
import { proveAddress } from '../accounts/reclaim.ts';
import { registerAccount } from '../accounts/register.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Queryable } from '../storage/queryable.ts';
import type { Append } from '../stream/append.ts';
import type { StreamTransaction } from '../stream/stream-transaction.ts';
import type { Vouched } from './provider.ts';

/** Names that were taken are tried again with another number. */
const NAME_TRIES = 20;

/** What identities work with. */
export interface IdentitiesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
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
 * 2. Otherwise by their address, if the provider has verified it. An account here that has not may
 *    belong to somebody who waits for its owner: whatever let anybody in to it before, the password
 *    included, ends with this first proof.
 * 3. Otherwise they get an account, where people may register.
 */
export class Identities {
  readonly #context: IdentitiesDeps;

  constructor(context: IdentitiesDeps) {
    this.#context = context;
  }

  async find(vouched: Vouched, address: string): Promise<Found> {
    const known = await this.#known(vouched);
    if (known) return known;
    const email = EmailAddress.safeParse(vouched.email);
    if (!email.success || !vouched.emailVerified) return { refused: 'sso_email_unverified' };
    const { pool } = this.#context;
    const { rows } = await pool.query<AccountRow>({
      name: 'sso-by-email',
      text: 'select id, credentials_version from accounts where email_key = $1',
      values: [emailKey(email.data)],
    });
    const [row] = rows;
    if (!row) return this.#register(vouched, email.data, address);
    return this.#link(vouched, row.id, email.data, address);
  }

  /** Links the account that has the address, once for each provider. */
  async #link(
    vouched: Vouched,
    account: AccountId,
    email: string,
    address: string,
  ): Promise<Found> {
    const { sessions, audit } = this.#context;
    const note = audit.note({ event: 'identity_linked', account, address });
    const found = await sessions.endAllIf<Found>(account, async (client) => {
      const first = await proveAddress(account, client, email);
      if (first === null) return { end: false, value: { refused: 'session_ended' } };
      if (first) await this.#dropPassword(account, client);
      const { rows } = await client.query<AccountRow>({
        name: 'sso-link',
        // An address that was given to somebody else there does not bring the account of the one
        // before.
        text: `with linked as (
                 insert into identities (issuer, subject, account_id, created_at, last_used_at)
                 select $1, $2, $3, $4, $4
                 where not exists (select from identities where issuer = $1 and account_id = $3)
                 on conflict (issuer, subject) do nothing
                 returning account_id
               )
               select a.id, a.credentials_version
               from linked join accounts a on a.id = linked.account_id`,
        values: [vouched.issuer, vouched.subject, account, this.#now()],
      });
      const [row] = rows;
      if (row) await note.store(client);
      return { end: first, value: row ? toFound(row) : { refused: 'sso_account_linked' } };
    });
    note.tell();
    return found;
  }

  /** Takes away the password of somebody who may not be the owner of the address. */
  async #dropPassword(account: AccountId, on: Queryable): Promise<void> {
    await on.query({
      name: 'sso-drop-password',
      text: `update accounts
             set password_hash = null, credentials_version = credentials_version + 1
             where id = $1`,
      values: [account],
    });
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

  async #register(vouched: Vouched, email: string, address: string): Promise<Found> {
    const { append, config, audit } = this.#context;
    const wanted = nameFrom(vouched.username) ?? nameFrom(email.split('@', 1)[0] ?? null);
    for (let tries = 0; tries < NAME_TRIES; tries++) {
      const base = wanted ?? 'user';
      const username =
        tries === 0 && wanted
          ? wanted
          : `${base.slice(0, LIMITS.usernameMax - 6)}${randomInt(1e5)}`;
      const displayName = DisplayName.safeParse(vouched.name).data ?? username;
      const { account, outcome } = await registerAccount(append, {
        username,
        displayName,
        email,
        passwordHash: null,
        verified: true,
        audit: { log: audit, address },
        admit: (first) => refusalOfAdmission(config.registration, { email, invited: false, first }),
        after: (tx, id) => this.#linkNew(tx, vouched, id),
      });
      if (outcome.kind === 'stored') return { account, credentials: 0 };
      if (outcome.kind === 'unknown') return { refused: 'outcome_unknown' };
      if (outcome.refusal.code !== 'username_taken') return { refused: outcome.refusal.code };
    }
    return { refused: 'username_taken' };
  }

  async #linkNew(
    tx: StreamTransaction,
    { issuer, subject }: Vouched,
    account: AccountId,
  ): Promise<void> {
    await tx.query('sso-link-new', LINK, [issuer, subject, account, this.#now()]);
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
    // From the first letter or digit to the last.
    .match(/[\p{L}\p{N}](?:.*[\p{L}\p{M}\p{N}])?/u)?.[0];
  return Username.safeParse([...(kept ?? '')].slice(0, LIMITS.usernameMax).join('')).data ?? null;
}
