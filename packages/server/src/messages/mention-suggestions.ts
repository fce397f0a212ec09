import type { AccountId, ConversationId, ImageId, MentionSuggestion } from '@parley/protocol';
import type pg from 'pg';
import { literally } from '../accounts/users/users.ts';
import { mayFind } from '../guests.ts';

/**
 * SQL: how well the row `a` matches: the start of a name before the start of a word before any part. The
 * patterns $4 to $7 are parameters, because PostgreSQL would compute them again for each row.
 */
const RANK = `case
  when a.search_key like $5 or a.search_key like $6 then 0
  when a.search_key like $7 then 1
  else 2 end`;
const MATCHES = 'a.search_key like $4';
/** SQL: whether the row `a` may be suggested at all. */
const SUGGESTED = `a.is_active and a.id <> $1`;
const IS_MEMBER = `exists (select from memberships m
  where m.account_id = a.id and m.conversation_id = $2 and m.left_seq is null)`;
const FIELDS = 'a.id, a.username, a.display_name, a.avatar';

interface Row {
  id: AccountId;
  username: string;
  display_name: string;
  avatar: ImageId | null;
  is_member: boolean;
}

/**
 * Returns accounts to mention in a conversation whose names match a search, the members first. If few
 * match, similar names follow, where the database has pg_trgm. Null if the account is not a member.
 */
export async function mentionSuggestions(
  pool: pg.Pool,
  account: AccountId,
  conversation: ConversationId,
  { search, limit }: { readonly search: string; readonly limit: number },
): Promise<MentionSuggestion[] | null> {
  const key = await searchKey(pool, search);
  const { rows } = await pool.query<{ is_allowed: boolean; has_trigrams: boolean; found: Row[] }>({
    name: 'mention-suggestions',
    // Members by their index, others by that of names: neither reads all accounts for a rare name.
    text: `
      select
        exists (select from memberships where account_id = $1 and conversation_id = $2
                and left_seq is null) as is_allowed,
        exists (select from pg_extension where extname = 'pg_trgm') as has_trigrams,
        (select coalesce(json_agg(f), '[]') from (
           select * from (
             (select ${FIELDS}, true as is_member, ${RANK} as rank, a.search_key
              from memberships m join accounts a on a.id = m.account_id
              where m.conversation_id = $2 and m.left_seq is null and ${SUGGESTED} and ${MATCHES}
              order by rank, a.search_key, a.id limit $3)
             union all
             (select ${FIELDS}, false, ${RANK} as rank, a.search_key
              from accounts a
              where ${SUGGESTED} and ${MATCHES} and not ${IS_MEMBER} and ${mayFind('$1', 'a.id')}
              order by rank, a.search_key, a.id limit $3)
           ) matching
           order by not is_member, rank, search_key, id
           limit $3
         ) f) as found`,
    values: [account, conversation, limit, ...[`%${key}%`, `${key}%`, `%\n${key}%`, `% ${key}%`]],
  });
  const [row] = rows;
  if (!row?.is_allowed) return null;
  const isShort = [...search].length < FUZZY_FROM;
  const similar =
    row.found.length >= limit || isShort || !row.has_trigrams
      ? []
      : await similarNames(pool, account, conversation, search, limit);
  const known = new Set(row.found.map(({ id }) => id));
  return [...row.found, ...similar.filter(({ id }) => !known.has(id))].slice(0, limit).map((r) => ({
    account: r.id,
    username: r.username,
    displayName: r.display_name,
    avatar: r.avatar,
    isMember: r.is_member,
  }));
}

/** Returns a search as names are searched, and as part of a `like` pattern. */
export async function searchKey(pool: pg.Pool, search: string): Promise<string> {
  const { rows } = await pool.query<{ key: string }>({
    name: 'mention-suggestions-key',
    text: `select ${literally('search_key($1)')} as key`,
    values: [search],
  });
  return rows[0]?.key ?? '';
}

/** Shorter searches have too few trigrams to be similar to anything. */
const FUZZY_FROM = 4;

async function similarNames(
  pool: pg.Pool,
  account: AccountId,
  conversation: ConversationId,
  search: string,
  limit: number,
): Promise<Row[]> {
  const { rows } = await pool.query<Row>({
    name: 'mention-suggestions-similar',
    text: `
      select ${FIELDS}, ${IS_MEMBER} as is_member
      from accounts a
      where ${SUGGESTED} and search_key($3) <% a.search_key and ${mayFind('$1', 'a.id')}
      order by is_member desc, word_similarity(search_key($3), a.search_key) desc, a.search_key, a.id
      limit $4`,
    values: [account, conversation, search, limit],
  });
  return rows;
}
