import type { AccountId, AccountRole, ImageId, User } from '@parley/protocol';
import type pg from 'pg';
import { contactsOf, mayKnow } from '../../permissions/guests.ts';

/** A row of {@link userColumns}. */
export interface UserRow {
  id: AccountId;
  username: string;
  display_name: string;
  is_active: boolean;
  created_at: Date;
  name_is_shared: boolean;
  avatar: ImageId | null;
  is_guest: boolean;
}

/**
 * Returns the columns of a user, of the row `a` of accounts, as the account in `viewer` sees them. A name is marked
 * as shared when another account that the viewer may know has a display name or username that looks the same:
 * a guest who gives itself a name must not learn whether a stranger has it.
 */
export const userColumns = (
  viewer: string,
): string => `a.id, a.username, a.display_name, a.is_active, a.created_at, a.avatar,
  a.role = 'guest' as is_guest,
  exists (select from accounts o
          where o.display_name_skeleton = a.display_name_skeleton and o.id <> a.id
            and ${mayKnow(viewer, 'o.id')})
    or exists (select from accounts o
               where o.username_skeleton = a.display_name_skeleton and o.id <> a.id
                 and ${mayKnow(viewer, 'o.id')})
    as name_is_shared`;
/** A search uses at most this many words. */
const WORDS_MAX = 8;

/**
 * Returns a user; null when there is none that the viewer may know. Deactivated and deleted accounts are returned
 * too.
 */
export async function userOf(
  pool: pg.Pool,
  viewer: AccountId,
  account: AccountId,
): Promise<User | null> {
  const { rows } = await pool.query<UserRow>({
    name: 'people-person',
    text: `select ${userColumns('$2')} from accounts a where a.id = $1 and ${mayKnow('$2', 'a.id')}`,
    values: [account, viewer],
  });
  return rows[0] ? toUser(rows[0]) : null;
}

/** A position in the list of users: after this search key and id. */
export interface UsersCursor {
  readonly name: string;
  readonly id: string;
}

/**
 * Returns a page of users by display name. `search` is one or more parts of a display name or
 * username, each of which must occur; case and accents are ignored. A guest gets those that are in one of its
 * conversations.
 */
export async function usersPage(
  pool: pg.Pool,
  viewer: { readonly account: AccountId; readonly role: AccountRole },
  {
    search,
    after,
    limit,
  }: { search: string | undefined; after: UsersCursor | null; limit: number },
): Promise<{ items: User[]; next: UsersCursor | null }> {
  const words = wordsOf(search);
  // Read from the few accounts that a guest may find, not from all.
  const among =
    viewer.role === 'guest' ? `id = $4 or id in (${contactsOf('$4')})` : '$4::uuid is not null';
  const { rows } = await pool.query<UserRow & { search_key: string }>({
    name: `users-page-${viewer.role === 'guest' ? 'of-guest-' : ''}${words.length}`,
    text: `select ${userColumns('$4')}, a.search_key
           from accounts a
           where is_active and (${among})
             and ($1::text is null or (search_key, id) > ($1, $2::uuid))
             ${matching(words, 5)}
           order by search_key, id
           limit $3`,
    values: [after?.name ?? null, after?.id ?? null, limit + 1, viewer.account, ...words],
  });
  const items = rows.slice(0, limit);
  const last = items[items.length - 1];
  const more = rows.length > limit && last;
  return {
    items: items.map(toUser),
    next: more ? { name: last.search_key, id: last.id } : null,
  };
}

/**
 * Returns conditions, each preceded by `and`, that the words occur in `search_key`; the words are
 * the parameters from `$first` on. PostgreSQL normalizes them as it did the names.
 */
export const matching = (words: readonly string[], first: number): string =>
  words
    .map(
      (_word, n) => `and search_key like '%' || ${literally(`search_key($${first + n})`)} || '%'`,
    )
    .join('\n');

/** Returns a text with `%` and `_` escaped for `like`. */
export const literally = (expression: string): string =>
  `regexp_replace(${expression}, '([\\\\%_])', '\\\\\\1', 'g')`;

/** Splits a search into its words. */
export const wordsOf = (search: string | undefined): string[] =>
  search?.trim().split(/\s+/u).filter(Boolean).slice(0, WORDS_MAX) ?? [];

/** Converts a row of accounts to what every user may see. */
export const toUser = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  displayName: row.display_name,
  isActive: row.is_active,
  createdAt: row.created_at.toISOString(),
  nameIsShared: row.name_is_shared,
  avatar: row.avatar,
  ...(row.is_guest && { isGuest: true as const }),
});
