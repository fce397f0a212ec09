import type { SessionId } from '@parley/protocol';
import { type AccountId, refusal } from '@parley/protocol';
import type pg from 'pg';
import type { AuditLog, AuditNote } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Emails } from '../email/emails.ts';
import { passwordChangedEmail, resetEmail } from '../email/templates.ts';
import { RefusalError, refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import { type AttemptLimits, addressKey } from './limits.ts';
import { emailKey } from './names.ts';
import type { Passwords } from './passwords.ts';
import { proveAddress } from './reclaim.ts';
import { passwordErrors, refuseOverload } from './registrations.ts';
import type { Sessions } from './sessions.ts';
import type { RowQueryable, Tickets } from './tickets.ts';

/** A link to a new password is good for this long. */
const LINK_MS = 30 * 60_000;
/** The mail that tells of a new password is worth sending for a day. */
const NOTICE_MS = 24 * 3_600_000;
const PURPOSE = 'reset';

/**
 * A link on which a new password can be set, once, within half an hour. Without an account, one that
 * looks the same and is good for nothing.
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

/** What passwords are changed with. */
export interface PasswordChangesDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly tickets: Tickets;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly limits: AttemptLimits;
  readonly emails: Emails;
  readonly audit: AuditLog;
  /** The server’s public address: links are made of it, never of what a request names. */
  readonly server: () => string;
}

/** New passwords: by a link that is mailed, or by the old one. */
export class PasswordChanges {
  readonly #context: PasswordChangesDeps;

  constructor(context: PasswordChangesDeps) {
    this.#context = context;
  }

  /**
   * Mails the link to whoever has this address, asked for from `address`. For an address that nobody has, a ticket is made
   * that nobody gets: the steps are the same.
   */
  async forgot(email: string, address: string): Promise<void> {
    const { pool, tickets, limits, emails, audit, server } = this.#context;
    try {
      await limits.takeEmail(emailKey(email), addressKey(address));
    } catch (error) {
      // Whoever has had enough mails gets no more, and whoever asks is told nothing of it.
      if (error instanceof RefusalError && error.refusal.code === 'rate_limited') return;
      throw error;
    }
    const { rows } = await pool.query<{ id: AccountId; email: string }>({
      name: 'resets-account',
      text: 'select id, email from accounts where email_key = $1 and is_active',
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
          ...resetEmail(server(), link),
          ttlMs: LINK_MS,
        },
        client,
      );
    });
    note.tell();
    emails.wake();
  }

  /**
   * When a link ends (wall clock, ms).
   * @throws {RefusalError} link_expired
   */
  async authorize(token: string): Promise<number> {
    const found = await this.#context.tickets.look(PURPOSE, token);
    if (!found?.account) refuse('link_expired');
    return found.expiresAt;
  }

  /**
   * Sets the password by a link. All sessions of the account end; the address is verified by it, and
   * the first such proof removes all other ways in (see {@link proveAddress}).
   * @throws {RefusalError} link_expired; invalid, when the password is weak: the link stays good
   */
  async reset(token: string, password: string, address: string): Promise<void> {
    const { tickets, limits, audit } = this.#context;
    const found = await tickets.look(PURPOSE, token);
    if (!found?.account) refuse('link_expired');
    const { account } = found;
    const note = audit.note({ event: 'password_reset', account, address });
    await this.#set(account, 'password', password, undefined, note, async (client) => {
      if (!(await tickets.redeem(PURPOSE, token, client))) refuse('link_expired');
      if ((await proveAddress(account, client)) === null) refuse('link_expired');
    });
    await limits.unlock(account);
  }

  /**
   * Sets the password of somebody who knows the one of before; all sessions but theirs end. The
   * old one was checked already.
   * @throws {RefusalError} invalid, when the password is weak
   */
  change(account: AccountId, session: SessionId, next: string, address: string): Promise<void> {
    const note = this.#context.audit.note({ event: 'password_changed', account, address });
    return this.#set(account, 'next', next, session, note);
  }

  async #set(
    account: AccountId,
    field: string,
    password: string,
    except: SessionId | undefined,
    note: AuditNote,
    first?: (client: pg.PoolClient) => Promise<void>,
  ): Promise<void> {
    const { pool, passwords, sessions, tickets, emails, server } = this.#context;
    const { rows } = await pool.query<{
      username: string;
      display_name: string;
      email: string | null;
    }>({
      name: 'resets-names',
      text: 'select username, display_name, email from accounts where id = $1',
      values: [account],
    });
    const user = rows[0] ?? refuse('session_ended');
    const about = [user.username, user.display_name, user.email ?? '', server()];
    const errors = await passwordErrors(field, password, about);
    if (errors.length > 0) throw new RefusalError(refusal('invalid', undefined, { errors }));
    refuseOverload(passwords);
    const hash = await passwords.hash(password);
    await sessions.endAll(account, {
      except,
      change: async (client) => {
        await first?.(client);
        await note.store(client);
        // Log-ins that are under way with the old password, and other links, end with it.
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
              ...passwordChangedEmail(server()),
              ttlMs: NOTICE_MS,
            },
            client,
          );
        }
      },
    });
    note.tell();
    emails.wake();
  }
}
