import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type Member,
  type PublicGroup,
  type Seq,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../storage/sql.ts';

/** Lists of groups and of members, page by page. */

/** A page of a list; `next` is the place that the page after it starts from. */
export interface Page<T, Place> {
  readonly items: T[];
  readonly next: Place | null;
}

/** What part of a list is wanted. */
export interface PageRequest<Place> {
  readonly search?: string | undefined;
  readonly after: Place | null;
  readonly limit: number;
}

/** Place in the list of groups: after this name (as the database compares it) and id. */
export interface GroupPlace {
  readonly name: string;
  readonly id: string;
}

/** The public groups by name, for anybody. */
export async function publicGroups(
  pool: Pool,
  account: AccountId,
  { search = '', after, limit }: PageRequest<GroupPlace>,
): Promise<Page<PublicGroup, GroupPlace>> {
  const { rows } = await pool.query<{ key: string; item: PublicGroup }>({
    name: 'conversations-public',
    text: `
      select lower(c.name) as key, json_build_object(
        'id', c.id,
        'name', c.name,
        'memberCount', c.member_count,
        'isMember', exists (select from memberships m
                            where m.account_id = $1 and m.conversation_id = c.id and m.left_seq is null),
        'createdAt', ${timestamp('c.created_at')}
      ) as item
      from conversations c
      where c.kind = 'group' and c.visibility = 'public' and c.deleted_at is null
        and (lower(c.name), c.id) > ($2, $3::uuid)
        and ($4 = '' or strpos(lower(c.name), lower($4)) > 0)
      order by lower(c.name), c.id
      limit $5`,
    values: [account, after?.name ?? '', after?.id ?? NIL, storable(search), limit + 1],
  });
  return pageOf(rows, limit, (row) => ({ name: row.key, id: row.item.id }));
}

/**
 * The members of a conversation, the longest-standing first (a place is a `joinedSeq`); null for
 * those who are not members themselves. How far each has read is told only in small conversations.
 */
export async function membersOf(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  { search = '', after, limit }: PageRequest<Seq>,
): Promise<Page<Member, Seq> | null> {
  const { rows } = await pool.query<{ item: Member | null }>({
    name: 'conversations-members',
    // The outer row says that the asker is a member, also when the page is empty.
    text: `
      select listed.item
      from memberships mine
      join conversations c on c.id = mine.conversation_id
      left join lateral (
        select m.joined_seq, json_build_object(
          'account', m.account_id,
          'username', a.username,
          'displayName', a.display_name,
          'role', m.role,
          'joinedSeq', m.joined_seq,
          'readSeq', case when c.member_count <= $6 then m.read_seq end
        ) as item
        from memberships m
        join accounts a on a.id = m.account_id
        where m.conversation_id = mine.conversation_id and m.left_seq is null and m.joined_seq > $3
          and ($4 = '' or strpos(lower(a.display_name), lower($4)) > 0
               or strpos(a.username_key, lower($4)) > 0)
        order by m.joined_seq
        limit $5
      ) listed on true
      where mine.account_id = $1 and mine.conversation_id = $2 and mine.left_seq is null
      order by listed.joined_seq`,
    values: [
      account,
      conversation,
      after ?? 0,
      storable(search),
      limit + 1,
      LIMITS.receiptsMembers,
    ],
  });
  if (rows.length === 0) return null;
  const listed = rows.filter((row): row is { item: Member } => row.item !== null);
  return pageOf(listed, limit, (row) => row.item.joinedSeq);
}

/** One current member; null when there is none or the asker may not know. */
export async function memberOf(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  member: AccountId,
): Promise<Member | null> {
  const { rows } = await pool.query<{ item: Member }>({
    name: 'conversations-member',
    text: `
      select json_build_object(
        'account', m.account_id,
        'username', a.username,
        'displayName', a.display_name,
        'role', m.role,
        'joinedSeq', m.joined_seq,
        'readSeq', case when c.member_count <= $4 then m.read_seq end
      ) as item
      from memberships mine
      join memberships m on m.conversation_id = mine.conversation_id
      join conversations c on c.id = mine.conversation_id
      join accounts a on a.id = m.account_id
      where mine.account_id = $1 and mine.conversation_id = $2 and mine.left_seq is null
        and m.account_id = $3 and m.left_seq is null`,
    values: [account, conversation, member, LIMITS.receiptsMembers],
  });
  return rows[0]?.item ?? null;
}

const NIL = '00000000-0000-0000-0000-000000000000';

function pageOf<R extends { item: T }, T, Place>(
  rows: readonly R[],
  limit: number,
  place: (row: R) => Place,
): Page<T, Place> {
  const last = rows[limit - 1];
  return {
    items: rows.slice(0, limit).map((row) => row.item),
    next: last && rows.length > limit ? place(last) : null,
  };
}

/** PostgreSQL takes no NUL in a text. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '');
}
