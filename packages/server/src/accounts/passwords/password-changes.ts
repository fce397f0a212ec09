import { type AccountId, refusal, type SessionId } from '@parley/protocol';
import type pg from 'pg';
import type { AuditLog, AuditNote } from '../../audit/audit-log.ts';
import type { Emails } from '../../email/emails.ts';
import { passwordChangedEmail, resetEmail } from '../../email/templates.ts';
import { forgetUndeliverable } from '../../email/undeliverable.ts';
import { RefusalError, refuse } from '../../http/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ServerSettings } from '../../settings/server-settings.ts';
import { withTransaction } from '../../storage/database.ts';
import { textsFor } from '../../texts/texts.ts';
import { type AttemptLimits, addressKey } from '../attempts/attempt-limits.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { RowQueryable, Tickets } from '../tickets/tickets.ts';
import { emailKey } from '../users/names.ts';
import { proveAddress } from '../verification/prove-address.ts';
import { type Passwords, refuseOverload } from './passwords.ts';
import { passwordErrors } from './strength.ts';

/** Validity of a password reset link. */
const LINK_MS = 30 * 60_000;
/** The notification of a password change expires after a day. */
const NOTICE_MS = 24 * 3_600_000;
const PURPOSE = 'reset';

/**
 * Creates a link that sets a new password once, within half an hour. Without an account, creates
 * one that looks the same and does not work.
 */
export async function makeResetLink(
  tickets: Tickets,
  server: string,
  account: AccountId | undefined,
  on?: RowQueryable,
): Promise<string> {
  const { ticket } = await tickets.issue(
    { purpose: PURPOSE, ttlMs: LINK_MS, ...(account !== undefined && { account }) },
    on,
  );
  return `${server}/reset#${ticket}`;
}

interface PasswordChangesDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly tickets: Tickets;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly limits: AttemptLimits;
  readonly emails: Emails;
  readonly audit: AuditLog;
  /** The server’s public address: links use it and never the host of a request. */
  readonly server: () => string;
  readonly settings: Pick<ServerSettings, 'current'>;
}

/** A password to set, and what is stored with it. */
interface NewPassword {
  readonly account: AccountId;
  readonly password: string;
  /** The field of the request that has the password, for errors. */
  readonly field: 'password' | 'next';
  /** The session that does not end. */
  readonly keptSession?: SessionId;
  readonly note: AuditNote;
  /** Runs first in the transaction. */
  readonly first?: (client: pg.PoolClient) => Promise<void>;
}

/** Password changes: with a link sent by email, or with the current password. */
export class PasswordChanges {
  readonly #deps: PasswordChangesDeps;

  constructor(deps: PasswordChangesDeps) {
    this.#deps = deps;
  }

  /**
   * Sends a reset link to the account with this address, requested from `address`. Without such an
   * account an unused ticket is created, so that the steps are the same.
   */
  async forgot(email: string, address: string): Promise<void> {
    const { pool, tickets, limits, emails, audit, server } = this.#deps;
    try {
      await limits.takeEmail(emailKey(email), addressKey(address));
    } catch (error) {
      // Past the limit no email is sent, and the caller does not learn of it.
      if (error instanceof RefusalError && error.refusal.code === 'rate_limited') return;
      throw error;
    }
    const { rows } = await pool.query<{ id: AccountId; email: string; locale: string | null }>({
      name: 'resets-account',
      text: 'select id, email, locale from accounts where email_key = $1 and is_active',
      values: [emailKey(email)],
    });
    const [found] = rows;
    const note = audit.note({
      event: 'reset_requested',
      account: found?.id,
      actor: null,
      address,
    });
    await withTransaction(pool, async (client) => {
      await note.store(client);
      const link = await makeResetLink(tickets, server(), found?.id, client);
      if (!found) return;
      await emails.put(
        {
          purpose: 'reset',
          account: found.id,
          recipient: found.email,
          ...resetEmail(textsFor(found.locale), server(), link),
          ttlMs: LINK_MS,
        },
        client,
      );
    });
    note.log();
    emails.wake();
  }

  /**
   * Returns when a link expires (wall clock, ms).
   * @throws {RefusalError} link_expired
   */
  async authorize(token: string): Promise<number> {
    const proof = await this.#deps.tickets.peek(PURPOSE, token);
    if (!proof?.account) refuse('link_expired');
    return proof.expiresAt;
  }

  /**
   * Sets the password with a link. All sessions of the account end; the address is verified by it,
   * and the first such proof removes all other credentials (see {@link proveAddress}).
   * @throws {RefusalError} link_expired; invalid, when the password is weak: the link stays valid
   */
  async reset(token: string, password: string, address: string): Promise<void> {
    const { tickets, limits, audit } = this.#deps;
    const proof = await tickets.peek(PURPOSE, token);
    if (!proof?.account) refuse('link_expired');
    const { account } = proof;
    const note = audit.note({ event: 'password_reset', account, address });
    await this.#set({
      account,
      password,
      field: 'password',
      note,
      first: async (client) => {
        if (!(await tickets.redeem(PURPOSE, token, client))) refuse('link_expired');
        if ((await proveAddress(account, client)) === null) refuse('link_expired');
        await client.query(forgetUndeliverable(account));
      },
    });
    await limits.unlock(account);
  }

  /**
   * Sets the password of a user whose current one was checked already; all other sessions end.
   * @throws {RefusalError} invalid, when the password is weak
   */
  change(account: AccountId, session: SessionId, next: string, address: string): Promise<void> {
    const note = this.#deps.audit.note({ event: 'password_changed', account, address });
    return this.#set({ account, password: next, field: 'next', keptSession: session, note });
  }

  async #set({ account, password, field, keptSession, note, first }: NewPassword): Promise<void> {
    const { pool, passwords, sessions, tickets, emails, server, settings } = this.#deps;
    const { rows } = await pool.query<{
      username: string;
      display_name: string;
      email: string | null;
      locale: string | null;
    }>({
      name: 'resets-names',
      text: 'select username, display_name, email, locale from accounts where id = $1',
      values: [account],
    });
    const user = rows[0] ?? refuse('session_ended');
    const names = [server(), settings.current.name];
    const about = [user.username, user.display_name, user.email ?? '', ...names];
    const errors = await passwordErrors(field, password, about);
    if (errors.length > 0) throw new RefusalError(refusal('invalid', undefined, { errors }));
    refuseOverload(passwords);
    const hash = await passwords.hash(password);
    await sessions.endAll(account, {
      except: keptSession,
      change: async (client) => {
        await first?.(client);
        await note.store(client);
        // Unfinished logins with the old password, and other links, stop working.
        await client.query({
          name: 'resets-set',
          text: `update accounts
                 set password_hash = $2, credentials_version = credentials_version + 1
                 where id = $1`,
          values: [account, hash],
        });
        await tickets.endAll(PURPOSE, account, client);
        if (user.email !== null) {
          await emails.put(
            {
              purpose: 'password-changed',
              account,
              recipient: user.email,
              ...passwordChangedEmail(textsFor(user.locale), server()),
              ttlMs: NOTICE_MS,
            },
            client,
          );
        }
      },
    });
    note.log();
    emails.wake();
  }
}
