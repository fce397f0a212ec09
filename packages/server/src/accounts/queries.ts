import type { AccountId, AccountRole, Me, Person } from '@parley/protocol';
import type pg from 'pg';
import { emailKey, usernameKey } from './names.ts';

interface PersonRow {
  id: AccountId;
  username: string;
  display_name: string;
  is_active: boolean;
  created_at: Date;
}

interface MeRow extends PersonRow {
  email: string;
  role: AccountRole;
}

/** What an account sees of itself; null when there is none. */
export async function meOf(pool: pg.Pool, account: AccountId): Promise<Me | null> {
  const { rows } = await pool.query<MeRow>({
    name: 'accounts-me',
    text: `select id, username, display_name, email, role, is_active, created_at
           from accounts where id = $1`,
    values: [account],
  });
  const row = rows[0];
  return row ? { ...toPerson(row), email: row.email, role: row.role } : null;
}

/** What log-in needs to know of the account with this username or address. */
export async function accountForLogin(
  pool: pg.Pool,
  login: string,
): Promise<{ id: AccountId; passwordHash: string | null } | null> {
  const { rows } = await pool.query<{ id: AccountId; password_hash: string | null }>({
    name: 'accounts-for-login',
    // A username has no @, so the two cannot be mixed up.
    text: `select id, password_hash from accounts
           where is_active and (username_key = $1 or email_key = $2)`,
    values: [usernameKey(login), emailKey(login)],
  });
  const row = rows[0];
  return row ? { id: row.id, passwordHash: row.password_hash } : null;
}

/** Whether a username and an address belong to somebody already; null is not looked for. */
export async function whatIsTaken(
  pool: pg.Pool,
  username: string | null,
  email: string | null,
): Promise<{ username: boolean; email: boolean }> {
  const { rows } = await pool.query<{ username: boolean; email: boolean }>({
    name: 'accounts-what-is-taken',
    text: `select exists (select from accounts where username_key = $1) as username,
                  exists (select from accounts where email_key = $2) as email`,
    values: [
      username === null ? null : usernameKey(username),
      email === null ? null : emailKey(email),
    ],
  });
  return rows[0] ?? { username: false, email: false };
}

/** One person; null when there is none. */
export async function personOf(pool: pg.Pool, account: AccountId): Promise<Person | null> {
  const { rows } = await pool.query<PersonRow>({
    name: 'accounts-person',
    text: 'select id, username, display_name, is_active, created_at from accounts where id = $1',
    values: [account],
  });
  return rows[0] ? toPerson(rows[0]) : null;
}

/** Place in the list of people: after this display name and id. */
export interface PeopleCursor {
  readonly name: string;
  readonly id: string;
}

/** A page of the people, by display name; `search` is part of a name or username. */
export async function peoplePage(
  pool: pg.Pool,
  search: string | undefined,
  after: PeopleCursor | null,
  limit: number,
): Promise<{ items: Person[]; next: PeopleCursor | null }> {
  const { rows } = await pool.query<PersonRow & { sort_name: string }>({
    name: 'accounts-people',
    text: `select id, username, display_name, is_active, created_at,
                  lower(display_name) as sort_name
           from accounts
           where is_active
             and ($1::text is null or lower(display_name) like lower($1) or username_key like $5)
             and ($2::text is null or (lower(display_name), id) > ($2, $3::uuid))
           order by lower(display_name), id
           limit $4`,
    values: [
      search ? pattern(search) : null,
      after?.name ?? null,
      after?.id ?? null,
      limit + 1,
      search ? pattern(usernameKey(search)) : null,
    ],
  });
  const items = rows.slice(0, limit);
  const last = items[items.length - 1];
  const more = rows.length > limit && last;
  return {
    items: items.map(toPerson),
    next: more ? { name: last.sort_name, id: last.id } : null,
  };
}

const pattern = (search: string): string =>
  `%${search
    .trim()
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`;

const toPerson = (row: PersonRow): Person => ({
  id: row.id,
  username: row.username,
  displayName: row.display_name,
  isActive: row.is_active,
  createdAt: row.created_at.toISOString(),
});
