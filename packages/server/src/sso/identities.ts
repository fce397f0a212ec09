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
import { guestInvitationTo, guestOfInvitation } from '../accounts/invitations/invitations.ts';
import { refusalOfAdmission } from '../accounts/registration/admission.ts';
import { registerAccount } from '../accounts/registration/register.ts';
import type { Sessions } from '../accounts/sessions/sessions.ts';
import { emailKey } from '../accounts/users/names.ts';
import { proveAddress } from '../accounts/verification/prove-address.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { Queryable } from '../storage/queryable.ts';
import type { Append } from '../stream/append.ts';
import type { StatementList } from '../stream/statement-list.ts';
import type { ProviderUser } from './provider.ts';

/** A username that is taken is retried with a numeric suffix, this many times. */
const NAME_TRIES = 20;

interface IdentitiesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
  readonly settings: ServerSettings;
}

/** An account to log in to, or the code of the refusal. */
export type Found =
  | { readonly account: AccountId; readonly credentials: number }
  | { readonly refused: RefusalCode };

/** The request with which a user returns from the provider. */
export interface Arrival {
  readonly address: string;
  /** The SHA-256 of the token of the invitation to register with; null without one. */
  readonly invitation: Buffer | null;
  /** The locale that the browser prefers, which a new account gets; null: not known. */
  readonly locale: string | null;
}

/**
 * Finds or creates the account of a user of the provider.
 *
 * 1. A returning user is identified by issuer and subject, even if their email address has changed.
 * 2. Otherwise by the email address, if the provider has verified it. An account here whose address
 *    is unverified may have been registered by an attacker: this first proof of ownership removes
 *    all its credentials, including the password.
 * 3. Otherwise an account is created, if registration is allowed.
 */
export class Identities {
  readonly #deps: IdentitiesDeps;

  constructor(deps: IdentitiesDeps) {
    this.#deps = deps;
  }

  /** Returns the account of the user, or the refusal. */
  async find(user: ProviderUser, arrival: Arrival): Promise<Found> {
    const linked = await this.#findLinked(user);
    if (linked) return linked;
    const email = EmailAddress.safeParse(user.email);
    if (!email.success || !user.emailVerified) return { refused: 'sso_email_unverified' };
    const { pool } = this.#deps;
    const { rows } = await pool.query<AccountRow>({
      name: 'sso-by-email',
      text: 'select id, credentials_version from accounts where email_key = $1',
      values: [emailKey(email.data)],
    });
    const [row] = rows;
    if (!row) return this.#register(user, email.data, arrival);
    return this.#link(user, row.id, email.data, arrival.address);
  }

  /** Links the account that has the address, once per provider. */
  async #link(
    user: ProviderUser,
    account: AccountId,
    email: string,
    address: string,
  ): Promise<Found> {
    const { sessions, audit } = this.#deps;
    const note = audit.note({ event: 'identity_linked', account, address });
    const result = await sessions.endAllIf<Found>(account, async (client) => {
      const first = await proveAddress(account, client, email);
      if (first === null) return { end: false, value: { refused: 'session_ended' } };
      if (first) await this.#dropPassword(account, client);
      const { rows } = await client.query<AccountRow>({
        name: 'sso-link',
        // If the provider has reassigned an address, it does not give access to the account of the
        // previous user.
        text: `with linked as (
                 insert into identities (issuer, subject, account_id, created_at, last_used_at)
                 select $1, $2, $3, $4, $4
                 where not exists (select from identities where issuer = $1 and account_id = $3)
                 on conflict (issuer, subject) do nothing
                 returning account_id
               )
               select a.id, a.credentials_version
               from linked join accounts a on a.id = linked.account_id`,
        values: [user.issuer, user.subject, account, this.#now()],
      });
      const [row] = rows;
      if (row) await note.store(client);
      return { end: first, value: row ? toFound(row) : { refused: 'sso_account_linked' } };
    });
    note.log();
    return result;
  }

  /** Removes the password, which may have been set by someone who does not own the address. */
  async #dropPassword(account: AccountId, on: Queryable): Promise<void> {
    await on.query({
      name: 'sso-drop-password',
      text: `update accounts
             set password_hash = null, credentials_version = credentials_version + 1
             where id = $1`,
      values: [account],
    });
  }

  async #findLinked({ issuer, subject }: ProviderUser): Promise<Found | null> {
    const { rows } = await this.#deps.pool.query<AccountRow>({
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

  async #register(
    user: ProviderUser,
    email: string,
    { address, invitation: token, locale }: Arrival,
  ): Promise<Found> {
    const { append, settings, audit, pool } = this.#deps;
    // A user who was invited as a guest does not become a member by registering another way.
    const invitation =
      token === null
        ? await guestInvitationTo(pool, email, this.#now())
        : { token, guest: await guestOfInvitation(pool, token) };
    const preferred = nameFrom(user.username) ?? nameFrom(email.split('@', 1)[0] ?? null);
    for (let tries = 0; tries < NAME_TRIES; tries++) {
      const base = preferred ?? 'user';
      const username =
        tries === 0 && preferred
          ? preferred
          : `${base.slice(0, LIMITS.usernameMax - 6)}${randomInt(1e5)}`;
      const displayName = DisplayName.safeParse(user.name).data ?? username;
      const { account, outcome } = await registerAccount(append, {
        username,
        displayName,
        email,
        passwordHash: null,
        verified: true,
        locale,
        ...(invitation && {
          invitation: invitation.token.toString('hex'),
          guest: invitation.guest,
        }),
        audit: { log: audit, address },
        admit: async (first, tx) => {
          const { registration } = await settings.readIn(tx);
          const invited = invitation !== null;
          return refusalOfAdmission(registration, { email, invited, first });
        },
        write: (id, writes) => this.#linkNew(user, id, writes),
      });
      if (outcome.kind === 'stored') return { account, credentials: 0 };
      if (outcome.kind === 'unknown') return { refused: 'outcome_unknown' };
      if (outcome.refusal.code !== 'username_taken') return { refused: outcome.refusal.code };
    }
    return { refused: 'username_taken' };
  }

  #linkNew(
    { issuer, subject }: ProviderUser,
    account: AccountId,
    writes: StatementList,
  ): Promise<void> {
    const values = [issuer, subject, account, this.#now()];
    return writes.query({ name: 'sso-link-new', text: LINK, values });
  }

  #now(): Date {
    return new Date(this.#deps.clock.now());
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

/** Derives a username from what the provider returns; null when it yields no valid one. */
function nameFrom(text: string | null): string | null {
  const valid = text
    ?.normalize('NFKC')
    .split('@', 1)[0]
    ?.replace(/[^\p{L}\p{M}\p{N}._-]/gu, '')
    // From the first letter or digit to the last.
    .match(/[\p{L}\p{N}](?:.*[\p{L}\p{M}\p{N}])?/u)?.[0];
  return Username.safeParse([...(valid ?? '')].slice(0, LIMITS.usernameMax).join('')).data ?? null;
}
