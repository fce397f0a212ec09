import {
  type AccountId,
  type AccountRole,
  type ConversationId,
  LIMITS,
  type MemberRole,
  type UserGroupSuggestion,
  type Visibility,
} from '@parley/protocol';
import type pg from 'pg';
import {
  actingRole,
  type MinimumRoleOverrides,
  minimumRolesOf,
} from '../../permissions/minimum-roles.ts';
import { mayMentionEveryone } from '../policy.ts';
import { searchKey } from './mention-suggestions.ts';

interface Row {
  role: MemberRole;
  visibility: Visibility;
  overrides: MinimumRoleOverrides;
  member_count: number;
  is_everyone: boolean;
  server_role: AccountRole;
  found: UserGroupSuggestion[];
}

/**
 * Returns user groups that a member may mention in a conversation and whose name or title match a search: the
 * start of one before the start of a word before any part. None if the account is not a member.
 */
export async function userGroupSuggestions(
  pool: pg.Pool,
  account: AccountId,
  conversation: ConversationId,
  { search, limit }: { readonly search: string; readonly limit: number },
): Promise<UserGroupSuggestion[]> {
  const key = await searchKey(pool, search);
  const { rows } = await pool.query<Row>({
    name: 'mention-suggestions-user-groups',
    // Scans all user groups, of which there are few.
    text: `
      select m.role, c.visibility, c.minimum_roles as overrides, c.member_count, c.is_everyone,
        a.role as server_role,
        (select coalesce(json_agg(json_build_object(
             'userGroup', id, 'name', name, 'title', title, 'size', cardinality(members))
           order by rank, search_key, id), '[]')
         from (select *, case
                 when search_key like $4 or search_key like $5 then 0
                 when search_key like $6 then 1
                 else 2 end as rank
               from user_groups where search_key like $3) g) as found
      from memberships m
      join conversations c on c.id = m.conversation_id
      join accounts a on a.id = m.account_id
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, `%${key}%`, `${key}%`, `%\n${key}%`, `% ${key}%`],
  });
  const [row] = rows;
  // Not for guests: user groups list accounts that a guest may not find.
  if (!row || row.server_role === 'guest') return [];
  const role = actingRole(row.role, row.is_everyone, row.server_role);
  const minimumRoles = minimumRolesOf(row.visibility, row.overrides);
  const mayAll = mayMentionEveryone(role, minimumRoles, row.member_count);
  return row.found
    .filter(({ size }) => mayAll || size <= LIMITS.mentionEveryoneMembers)
    .slice(0, limit);
}
