import type { AccountId, AccountRole, Me } from '@parley/protocol';
import type pg from 'pg';
import { ownPermissions } from '../../http/access.ts';
import { storedSettings } from '../../settings/server-settings.ts';
import { listStatement } from '../../storage/list-statement.ts';
import { timestamp } from '../../storage/sql.ts';
import type { RowQueryable } from '../tickets/tickets.ts';
import type { AccountConflicts } from './conflicts.ts';
import { emailKey, usernameKey, usernameSkeleton } from './names.ts';
import { toUser, type UserRow, userColumns } from './users.ts';

interface MeRow extends UserRow {
  email: string | null;
  role: AccountRole;
  verified_at: Date | null;
  first_name: string | null;
  last_name: string | null;
  phone: string | null;
  title: string | null;
  pronouns: string | null;
  time_zone: string | null;
  second_factor: boolean;
  is_tour_ended: boolean;
  locale: string | null;
  settings: Readonly<Record<string, unknown>> | null;
  email_failure: Me['emailFailure'];
}

const ME = listStatement(
  'accounts-me',
  [{ id: 'uuid' }],
  (accounts) =>
    `select ${userColumns('i.id')}, a.email, a.role, a.verified_at, a.first_name, a.last_name, a.phone,
            a.title, a.pronouns, a.time_zone, a.is_tour_ended, a.locale,
            exists (select from totps where account_id = i.id and confirmed_at is not null)
              or exists (select from passkeys where account_id = i.id) as second_factor,
            (select json_object_agg(name, value) from server_settings
             where name in ('groupCreation', 'emojiCreation', 'messageEditWindow',
                            'messageDeleteWindow'))
              as settings,
            (select json_build_object('at', ${timestamp('u.failed_at')}, 'error', u.error)
             from undeliverable_addresses u where u.account_id = i.id) as email_failure
     from ${accounts.rows} i
     join accounts a on a.id = i.id`,
);

/** Returns what each of the accounts sees of itself; null for those that do not exist. */
export async function meOfEach(
  pool: pg.Pool,
  accounts: readonly AccountId[],
): Promise<(Me | null)[]> {
  const { rows } = await pool.query<MeRow>(ME([[...new Set(accounts)]]));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return accounts.map((id) => {
    const row = byId.get(id);
    return row ? toMe(row) : null;
  });
}

/** Returns what an account sees of itself; null when it does not exist. */
export async function meOf(pool: pg.Pool, account: AccountId): Promise<Me | null> {
  const [me] = await meOfEach(pool, [account]);
  return me ?? null;
}

function toMe(row: MeRow): Me {
  const { messageEditWindow, messageDeleteWindow, ...settings } = storedSettings(
    Object.entries(row.settings ?? {}).map(([name, value]) => ({ name, value })),
  );
  // The own role says more.
  const { isGuest: _role, ...user } = toUser(row);
  return {
    ...user,
    email: row.email ?? '',
    verified: row.verified_at !== null,
    emailFailure: row.email_failure,
    firstName: row.first_name,
    lastName: row.last_name,
    phone: row.phone,
    title: row.title,
    pronouns: row.pronouns,
    timeZone: row.time_zone,
    role: row.role,
    permissions: ownPermissions(row.role, settings),
    messageWindows: { edit: messageEditWindow, delete: messageDeleteWindow },
    secondFactor: row.second_factor,
    isTourEnded: row.is_tour_ended,
    locale: row.locale,
  };
}

/** Returns the account with this username or address, for a login. */
export async function accountForLogin(pool: pg.Pool, login: string): Promise<LoginAccount | null> {
  const { rows } = await pool.query<{
    id: AccountId;
    password_hash: string | null;
    credentials_version: number;
  }>({
    name: 'accounts-for-login',
    // Usernames contain no @, so the two cannot be confused.
    text: `select id, password_hash, credentials_version from accounts
           where is_active and (username_key = $1 or email_key = $2)`,
    values: [usernameKey(login), emailKey(login)],
  });
  const row = rows[0];
  if (!row) return null;
  return { id: row.id, passwordHash: row.password_hash, credentials: row.credentials_version };
}

/** An account as a login sees it. */
export interface LoginAccount {
  readonly id: AccountId;
  readonly passwordHash: string | null;
  /** Read together with the hash; see `Proof`. */
  readonly credentials: number;
}

/**
 * Returns whether a username (or one that looks like it, of a user or a user group) and an address are taken,
 * and whether there is no account yet. Null is not checked; `except` is the account of the caller.
 */
export async function findConflicts(
  on: RowQueryable,
  username: string | null,
  email: string | null,
  except: AccountId | null = null,
): Promise<AccountConflicts & { isFirstAccount: boolean }> {
  const { rows } = await on.query<{
    same: boolean;
    alike: boolean;
    email: boolean;
    is_first: boolean;
  }>({
    name: 'accounts-conflicts',
    text: `select exists (select from accounts
                          where username_key = $1 and id is distinct from $4)
                    or exists (select from user_groups where name_key = $1) as same,
                  exists (select from accounts
                          where username_skeleton = $2 and id is distinct from $4)
                    or exists (select from user_groups where name_skeleton = $2) as alike,
                  exists (select from accounts
                          where email_key = $3 and id is distinct from $4) as email,
                  not exists (select from accounts) as is_first`,
    values: [
      username === null ? null : usernameKey(username),
      username === null ? null : usernameSkeleton(username),
      email === null ? null : emailKey(email),
      except,
    ],
  });
  const { same = false, alike = false, email: known = false, is_first = false } = rows[0] ?? {};
  return {
    username: same ? 'same' : alike ? 'alike' : null,
    email: known,
    isFirstAccount: is_first,
  };
}

/** Returns the password hash of an account; null when it has no password. */
export async function passwordHashOf(pool: pg.Pool, account: AccountId): Promise<string | null> {
  const { rows } = await pool.query<{ password_hash: string | null }>({
    name: 'accounts-password',
    text: 'select password_hash from accounts where id = $1',
    values: [account],
  });
  return rows[0]?.password_hash ?? null;
}
