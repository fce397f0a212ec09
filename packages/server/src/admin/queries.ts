import type { AccountId, AccountKind, AccountRole, AdminAccount, ImageId } from '@parley/protocol';
import type pg from 'pg';
import { literally, wordsOf } from '../accounts/users/users.ts';
import { refuse } from '../http/errors.ts';
import { mayAct } from '../permissions/account-state.ts';
import { isAdminRole } from '../permissions/minimum-roles.ts';
import {
  type AdminAction,
  type Administrator,
  adminPermissions,
  assignableRoles,
  mayAdminister,
} from './policy.ts';

interface AdminRow {
  id: AccountId;
  kind: AccountKind;
  username: string;
  display_name: string;
  avatar: ImageId | null;
  email: string | null;
  verified_at: Date | null;
  role: AccountRole;
  access_ends_at: Date | null;
  is_active: boolean;
  is_suspended: boolean;
  suspended_until: Date | null;
  suspension_reason: string | null;
  second_factor: boolean;
  last_seen: Date | null;
  created_at: Date;
}

const COLUMNS = `a.id, a.kind, a.username, a.display_name, a.avatar, a.email, a.verified_at, a.role,
  a.access_ends_at,
  a.is_active, a.created_at,
  coalesce(a.suspended_until > now(), false) as is_suspended,
  case when a.suspended_until > now() and a.suspended_until < 'infinity'
    then a.suspended_until end as suspended_until,
  case when a.suspended_until > now() then a.suspension_reason end as suspension_reason,
  exists (select from totps t where t.account_id = a.id and t.confirmed_at is not null)
    or exists (select from passkeys p where p.account_id = a.id) as second_factor,
  greatest((select max(s.last_used_at) from sessions s where s.account_id = a.id),
           (select max(k.last_used_at) from api_keys k where k.account_id = a.id),
           -- Of sessions that have ended too.
           (select l.at from last_seen l where l.account_id = a.id)) as last_seen`;

const FILTERS = {
  active: 'a.is_active',
  inactive: 'not a.is_active',
  suspended: 'a.suspended_until > now()',
  unverified: `a.verified_at is null and a.kind = 'user'`,
  admins: isAdminRole('a.role'),
  guests: `a.role = 'guest'`,
} as const;

/** A filter of the account list. */
export type AccountsFilter = keyof typeof FILTERS;

/** Returns an account as an admin sees it; null when it does not exist or was erased. */
export async function adminAccountOf(
  pool: pg.Pool,
  by: Administrator,
  id: AccountId,
): Promise<AdminAccount | null> {
  const { rows } = await pool.query<AdminRow>({
    name: 'admin-account',
    text: `select ${COLUMNS} from accounts a where a.id = $1 and a.deleted_at is null`,
    values: [id],
  });
  return rows[0] ? toAccount(rows[0], by) : null;
}

/**
 * Returns a page of accounts by display name; `search` matches parts of names or email addresses.
 */
export async function adminAccountsPage(
  pool: pg.Pool,
  by: Administrator,
  wanted: {
    readonly search?: string | undefined;
    readonly filter?: AccountsFilter | undefined;
    readonly kind?: AccountKind | undefined;
    readonly after: { readonly name: string; readonly id: string } | null;
    readonly limit: number;
  },
): Promise<{ items: AdminAccount[]; next: { name: string; id: string } | null }> {
  const { after, limit, filter, kind } = wanted;
  const words = wordsOf(wanted.search);
  const matching = words.map((_word, n) => {
    const key = literally(`search_key($${n + 5})`);
    return `and (a.search_key like '%' || ${key} || '%' or a.email_key like '%' || ${key} || '%')`;
  });
  const { rows } = await pool.query<AdminRow & { search_key: string }>({
    name: `admin-accounts-${filter ?? 'all'}-${words.length}`,
    text: `select ${COLUMNS}, a.search_key
           from accounts a
           where a.deleted_at is null and ${filter ? FILTERS[filter] : 'true'}
             and ($1::text is null or (a.search_key, a.id) > ($1, $2::uuid))
             and ($4::text is null or a.kind = $4)
             ${matching.join('\n')}
           order by a.search_key, a.id
           limit $3`,
    values: [after?.name ?? null, after?.id ?? null, limit + 1, kind ?? null, ...words],
  });
  const items = rows.slice(0, limit);
  const last = items[items.length - 1];
  const more = rows.length > limit && last;
  return {
    items: items.map((row) => toAccount(row, by)),
    next: more ? { name: last.search_key, id: last.id } : null,
  };
}

/**
 * Checks, in the transaction that acts, that the actor may do this to the target with the roles
 * both have now.
 * @throws {RefusalError}
 */
export async function requirePermission(
  client: pg.PoolClient,
  actor: AccountId,
  target: AccountId,
  action: AdminAction,
): Promise<void> {
  const { rows } = await client.query<{ id: AccountId; role: AccountRole }>({
    name: 'admin-allowed',
    // Always in the same order, so that two admins cannot deadlock.
    text: `select a.id, a.role from accounts a
           where a.id in ($1, $2) and a.deleted_at is null
             and (${mayAct('a')} or (a.id = $2 and a.id <> $1))
           order by a.id for no key update`,
    values: [actor, target],
  });
  const roleOf = (id: AccountId) => rows.find((row) => row.id === id)?.role;
  const role = roleOf(target);
  const verdict = mayAdminister(roleOf(actor) ?? 'member', role ?? 'member', action);
  if (verdict !== 'yes') refuse(verdict);
  if (role === undefined) refuse('account_not_found');
}

/** Returns the account that a stored `user.registered` event created. */
export async function registeredBy(
  pool: pg.Pool,
  stored: { readonly stream: string; readonly seq: number },
): Promise<AccountId | null> {
  const { rows } = await pool.query<{ account: AccountId }>({
    name: 'admin-registered-by',
    text: `select data ->> 'account' as account from events where stream_id = $1 and seq = $2`,
    values: [stored.stream, stored.seq],
  });
  return rows[0]?.account ?? null;
}

function toAccount(row: AdminRow, by: Administrator): AdminAccount {
  const account = {
    id: row.id,
    kind: row.kind,
    username: row.username,
    displayName: row.display_name,
    avatar: row.avatar,
    email: row.email,
    verified: row.verified_at !== null,
    role: row.role,
    accessEndsAt: row.access_ends_at?.toISOString() ?? null,
    isActive: row.is_active,
    isSuspended: row.is_suspended,
    suspendedUntil: row.suspended_until?.toISOString() ?? null,
    suspensionReason: row.suspension_reason,
    secondFactor: row.second_factor,
    lockedUntil: null,
    lastSeen: row.last_seen?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
  return {
    ...account,
    permissions: adminPermissions(by, account),
    assignableRoles: assignableRoles(by, account),
  };
}
