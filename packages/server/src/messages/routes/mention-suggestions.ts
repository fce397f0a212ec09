import type { AccountId, ConversationId, ImageId, MentionSuggestion } from '@parley/protocol';
import type pg from 'pg';
import { literally } from '../../accounts/users/users.ts';
import { mayFind } from '../../permissions/guests.ts';

// The statements have no names, so that the database plans each execution for its values. The best plan depends on the text
// and on the size of the group: one for any values compared all members with all accounts, which took seconds in a group of
// 10,000.

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
  const patterns = [`%${key}%`, `${key}%`, `%\n${key}%`, `% ${key}%`];
  const values = [account, conversation, limit, ...patterns];
  const { rows } = await pool.query<{ is_allowed: boolean; has_trigrams: boolean; found: Row[] }>({
    text: `
      select
        exists (select from memberships where account_id = $1 and conversation_id = $2
                and left_seq is null) as is_allowed,
        exists (select from pg_extension where extname = 'pg_trgm') as has_trigrams,
        (select coalesce(json_agg(f), '[]') from (
           select ${FIELDS}, true as is_member
           from memberships m join accounts a on a.id = m.account_id
           where m.conversation_id = $2 and m.left_seq is null and ${SUGGESTED} and ${MATCHES}
           order by ${RANK}, a.search_key, a.id limit $3
         ) f) as found`,
    values,
  });
  const [row] = rows;
  if (!row?.is_allowed) return null;
  const matches = [...row.found];
  // In a large group, most searches end with its members.
  if (matches.length < limit) matches.push(...(await matchingOthers(pool, values)));
  const isShort = [...search].length < FUZZY_FROM;
  const similar =
    matches.length >= limit || isShort || !row.has_trigrams
      ? []
      : await similarNames(pool, account, conversation, search, limit);
  const matchedIds = new Set(matches.map(({ id }) => id));
  return [...matches, ...similar.filter(({ id }) => !matchedIds.has(id))]
    .slice(0, limit)
    .map((r) => ({
      account: r.id,
      username: r.username,
      displayName: r.display_name,
      avatar: r.avatar,
      isMember: r.is_member,
    }));
}

/** Returns accounts whose names match and that are not in the conversation. */
async function matchingOthers(pool: pg.Pool, values: readonly unknown[]): Promise<Row[]> {
  const { rows } = await pool.query<Row>({
    text: `
      select ${FIELDS}, false as is_member
      from accounts a
      where ${SUGGESTED} and ${MATCHES} and not ${IS_MEMBER} and ${mayFind('$1', 'a.id')}
      order by ${RANK}, a.search_key, a.id limit $3`,
    values: [...values],
  });
  return rows;
}

/** Returns the search normalized like names, escaped for a `like` pattern. */
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
