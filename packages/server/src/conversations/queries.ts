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

/** Paged lists of groups and members. */

/** A page of a list; the following page starts after the key `next`. */
export interface Page<T, Key> {
  readonly items: T[];
  readonly next: Key | null;
}

/** Selects a page of a list. */
export interface PageRequest<Key> {
  readonly search?: string | undefined;
  readonly after: Key | null;
  readonly limit: number;
}

/** The key of a group in the list of groups: its name, as the database compares it, and its id. */
export interface GroupKey {
  readonly name: string;
  readonly id: string;
}

/** Returns a page of the public groups by name; with `member`, of those that it is in. */
export async function publicGroups(
  pool: Pool,
  account: AccountId,
  { search = '', after, limit }: PageRequest<GroupKey>,
  member: AccountId | null = null,
): Promise<Page<PublicGroup, GroupKey>> {
  const { rows } = await pool.query<{ key: string; item: PublicGroup }>({
    name: 'conversations-public',
    text: `
      select lower(c.name) as key, json_build_object(
        'id', c.id,
        'name', c.name,
        'topic', c.topic,
        'avatar', c.avatar,
        'memberCount', c.member_count,
        'isMember', exists (select from memberships m
                            where m.account_id = $1 and m.conversation_id = c.id and m.left_seq is null),
        'createdAt', ${timestamp('c.created_at')}
      ) as item
      from conversations c
      where c.kind = 'group' and c.visibility = 'public' and c.deleted_at is null
        and c.archived_at is null
        and (lower(c.name), c.id) > ($2, $3::uuid)
        and ($4 = '' or strpos(lower(c.name), lower($4)) > 0)
        and ($6::uuid is null or exists (
          select from memberships own
          where own.account_id = $6 and own.conversation_id = c.id and own.left_seq is null))
      order by lower(c.name), c.id
      limit $5`,
    values: [account, after?.name ?? '', after?.id ?? NIL, storable(search), limit + 1, member],
  });
  return pageOf(rows, limit, (row) => ({ name: row.key, id: row.item.id }));
}

/**
 * Returns a page of the members of a conversation by `joinedSeq`, or null when the account is not a
 * member. `readSeq` is set only in conversations with at most `limits.receiptsMembers` members.
 */
export async function membersOf(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  { search = '', after, limit }: PageRequest<Seq>,
): Promise<Page<Member, Seq> | null> {
  const { rows } = await pool.query<{ item: Member | null }>({
    name: 'conversations-members',
    // The outer row proves the membership of the account, even if the page is empty.
    text: `
      select listed.item
      from memberships mine
      join conversations c on c.id = mine.conversation_id
      left join lateral (
        select m.joined_seq, json_build_object(
          'account', m.account_id,
          'username', a.username,
          'displayName', a.display_name,
          'avatar', a.avatar,
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

/** Returns a current member; null when there is none or the account is not a member itself. */
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
        'avatar', a.avatar,
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

function pageOf<R extends { item: T }, T, Key>(
  rows: readonly R[],
  limit: number,
  keyOf: (row: R) => Key,
): Page<T, Key> {
  const last = rows[limit - 1];
  return {
    items: rows.slice(0, limit).map((row) => row.item),
    next: last && rows.length > limit ? keyOf(last) : null,
  };
}

/** Removes NUL, which PostgreSQL text cannot contain. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '');
}
