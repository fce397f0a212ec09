import type { AccountId, AccountRole, Conversation, ConversationId } from '@parley/protocol';
import type { Pool } from 'pg';
import { isInConversation, LAST_MESSAGE } from '../messages/message-sql.ts';
import { unread } from '../messages/unread.ts';
import { unreadMentions } from '../messages/unread-mentions.ts';
import {
  actingRole,
  type MinimumRoleOverrides,
  minimumRolesOf,
} from '../permissions/minimum-roles.ts';
import { timestamp } from '../storage/sql.ts';
import { memberAccess } from './access.ts';
import { conversationType } from './policy.ts';

/**
 * The snapshots of conversations that clients start from. Each function is one statement, which
 * reads from one database snapshot: a conversation is exact at its `lastSeq`, so a subscriber that
 * continues from there neither misses an event nor counts one twice. PostgreSQL builds the JSON,
 * which is cheaper than sending and parsing the columns.
 */

/** A conversation as the database returns it: the policies add the permissions. */
export interface ConversationRow
  extends Omit<
    Conversation,
    'permissions' | 'messagePermissions' | 'minimumRoles' | 'removableRoles' | 'actingRole'
  > {
  readonly minimumRoles: MinimumRoleOverrides;
}

/** SQL: the role of account $1 on the server. */
export const SERVER_ROLE = '(select role from accounts where id = $1)';

/** SQL: whether the conversation `c` is a direct one of two users: its key has two ids. */
const HAS_PEER = `c.kind = 'direct' and length(c.direct_key) = 73`;

/** SQL: the unread messages of the membership `m`. */
const UNREAD = unread('m.conversation_id', 'm.account_id', 'm.read_seq');
const MENTIONS = unreadMentions('m.conversation_id', 'm.account_id', 'm.read_seq');

/**
 * SQL: one row for each current conversation of account $1, with its snapshot `item` (json). Where
 * `isCurrent` holds for the snapshot that the client has, `is_unchanged` is true and `item` is the array
 * `[id, joinedSeq, lastSeq, readSeq, readRevision, unread, unreadMentions, peerReadSeq]`.
 */
export const currentConversations = (isCurrent = 'false') => `
  select m.conversation_id, ${isCurrent} as is_unchanged,
    case when ${isCurrent} then json_build_array(
      m.conversation_id, m.joined_seq, s.last_seq, m.read_seq, m.read_revision, ${UNREAD},
      ${MENTIONS}, peer.read_seq
    ) else json_build_object(
      'id', c.id,
      'kind', c.kind,
      'visibility', c.visibility,
      'name', c.name,
      'topic', c.topic,
      'description', c.description,
      'avatar', c.avatar,
      'archivedAt', ${timestamp('c.archived_at')},
      'slowModeSeconds', c.slow_mode_seconds,
      'linkPreviews', c.link_previews,
      'isEveryone', c.is_everyone,
      'minimumRoles', c.minimum_roles,
      'peer', peer.account_id,
      'peers', case when c.kind = 'direct' then
        to_json(array_remove(string_to_array(c.direct_key, ' '), m.account_id::text)) end,
      'memberCount', c.member_count,
      'createdAt', ${timestamp('c.created_at')},
      'role', m.role,
      'joinedSeq', m.joined_seq,
      'readSeq', m.read_seq,
      'readRevision', m.read_revision,
      'unread', ${UNREAD},
      'unreadMentions', ${MENTIONS},
      'peerReadSeq', peer.read_seq,
      'lastSeq', s.last_seq,
      'lastMessage', (
        select ${LAST_MESSAGE}
        from messages g
        where g.conversation_id = m.conversation_id and g.deleted_at is null and ${isInConversation()}
        order by g.seq desc
        limit 1
      )
    ) end as item
  from memberships m
  join conversations c on c.id = m.conversation_id
  join streams s on s.id = m.conversation_id
  left join lateral (
    select p.account_id, p.read_seq from memberships p
    where ${HAS_PEER} and p.conversation_id = m.conversation_id
      and p.account_id <> m.account_id and p.left_seq is null
    limit 1
  ) peer on true
  where m.account_id = $1 and m.left_seq is null`;

/** Returns the current conversations of an account. */
export async function conversationsOf(pool: Pool, account: AccountId): Promise<Conversation[]> {
  const { rows } = await pool.query<{ items: ConversationRow[]; server_role: AccountRole | null }>({
    name: 'conversations-of',
    text: `select coalesce(json_agg(i.item), '[]') as items, ${SERVER_ROLE} as server_role
           from (${currentConversations()}) i`,
    values: [account],
  });
  const [row] = rows;
  return row ? row.items.map((item) => withPermissions(item, row.server_role)) : [];
}

/** Returns a conversation as the account sees it; null when it is not a member. */
export async function conversationFor(
  pool: Pool,
  account: AccountId,
  id: ConversationId,
): Promise<Conversation | null> {
  const { rows } = await pool.query<{ item: ConversationRow; server_role: AccountRole | null }>({
    name: 'conversations-for',
    text: `select i.item, ${SERVER_ROLE} as server_role
           from (${currentConversations()} and m.conversation_id = $2) i`,
    values: [account, id],
  });
  const [row] = rows;
  return row ? withPermissions(row.item, row.server_role) : null;
}

/** Returns the conversation with what its member may do. */
export function withPermissions(
  item: ConversationRow,
  serverRole: AccountRole | null,
): Conversation {
  const type = conversationType(item);
  const role = actingRole(item.role, item.isEveryone, serverRole);
  const minimumRoles = minimumRolesOf(item.visibility, item.minimumRoles);
  const isArchived = item.archivedAt !== null;
  return {
    ...item,
    minimumRoles: type === 'direct' ? null : minimumRoles,
    actingRole: role,
    ...memberAccess(role, { type, minimumRoles, isArchived, memberCount: item.memberCount }),
  };
}
