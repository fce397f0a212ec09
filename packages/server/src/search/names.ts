import type { AccountId, ConversationId } from '@parley/protocol';
import { usernameKey } from '../accounts/users/names.ts';
import { mayKnow } from '../permissions/guests.ts';
import type { Queryable } from '../storage/queryable.ts';

/** Looks up the users and conversations that filters name. */

/** The ids that a name refers to; if there are none, names that begin like it. */
export interface NamesFound<Id> {
  readonly ids: readonly Id[];
  readonly suggestions: readonly string[];
}

/** The highest number of users or conversations with one name. */
const SAME_NAME_MAX = 20;
const SUGGESTIONS_MAX = 5;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Returns the conversations that an account may search: those it is a member of.
 */
export async function conversationsOf(
  on: Queryable,
  account: AccountId,
): Promise<ConversationId[]> {
  const { rows } = await on.query<{ id: ConversationId }>({
    name: 'search-conversations',
    text: `select conversation_id as id from memberships
           where account_id = $1 and left_seq is null`,
    values: [account],
  });
  return rows.map((row) => row.id);
}

/** Returns the users with a username, display name or id; `me` is the account itself. */
export async function findUsers(
  on: Queryable,
  account: AccountId,
  value: string,
): Promise<NamesFound<AccountId>> {
  const name = value.trim().replace(/^@/, '');
  if (name.toLowerCase() === 'me') return { ids: [account], suggestions: [] };
  const { rows } = await on.query<{ id: AccountId }>({
    name: 'search-users-named',
    text: `select id from accounts
           where (username_key = $1 or id = $2::uuid
             or starts_with(search_key, search_key($3) || chr(10)))
             and ${mayKnow('$5', 'accounts.id')}
           limit $4`,
    values: [usernameKey(name), UUID.test(name) ? name : null, name, SAME_NAME_MAX, account],
  });
  if (rows.length > 0) return { ids: rows.map((row) => row.id), suggestions: [] };
  const similar = await on.query<{ username: string }>({
    name: 'search-users-like',
    text: `select username from accounts
           where is_active and strpos(search_key, search_key($1)) > 0
             and ${mayKnow('$3', 'accounts.id')}
           order by search_key, id limit $2`,
    values: [name, SUGGESTIONS_MAX, account],
  });
  return { ids: [], suggestions: similar.rows.map((row) => row.username) };
}

/** Returns the conversations of an account with a name or id, or with a user: `@ann`. */
export async function findConversations(
  on: Queryable,
  account: AccountId,
  value: string,
): Promise<NamesFound<ConversationId>> {
  const name = value.trim();
  if (name.startsWith('@')) return await findDirect(on, account, name);
  const bare = name.replace(/^#/, '');
  const { rows } = await on.query<{ id: ConversationId; name: string; is_exact: boolean }>({
    name: 'search-conversations-named',
    text: `
      select c.id, coalesce(c.name, '') as name,
        c.id = $2::uuid or search_key(c.name) = search_key($3) as is_exact
      from memberships m
      join conversations c on c.id = m.conversation_id
      where m.account_id = $1 and m.left_seq is null
        and (c.id = $2::uuid or strpos(search_key(c.name), search_key($3)) > 0)
      order by is_exact desc, c.name, c.id
      limit $4`,
    values: [account, UUID.test(bare) ? bare : null, bare, SAME_NAME_MAX],
  });
  return {
    ids: rows.filter((row) => row.is_exact).map((row) => row.id),
    suggestions: rows.slice(0, SUGGESTIONS_MAX).map((row) => row.name),
  };
}

async function findDirect(
  on: Queryable,
  account: AccountId,
  value: string,
): Promise<NamesFound<ConversationId>> {
  const { ids, suggestions } = await findUsers(on, account, value);
  const { rows } = await on.query<{ id: ConversationId }>({
    name: 'search-direct-with',
    text: `
      select c.id from memberships m
      join conversations c on c.id = m.conversation_id and c.kind = 'direct'
      join memberships o on o.conversation_id = c.id and o.account_id = any($2::uuid[])
        and (o.account_id <> $1 or c.member_count = 1)
      where m.account_id = $1 and m.left_seq is null`,
    values: [account, ids],
  });
  return { ids: rows.map((row) => row.id), suggestions: suggestions.map((name) => `@${name}`) };
}
