import type {
  AccountId,
  Ban,
  ConversationId,
  GroupLink,
  LinkedGroup,
  LinkId,
  Seq,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../storage/sql.ts';
import { hashOfToken, IS_USABLE } from './links.ts';

/** Returns a page of the bans of a group, the latest first, and the seq that the next page starts from. */
export async function bansOf(
  pool: Pool,
  conversation: ConversationId,
  { search = '', after, limit }: { search?: string | undefined; after: Seq | null; limit: number },
): Promise<{ items: Ban[]; next: Seq | null }> {
  const { rows } = await pool.query<{ seq: Seq; item: Ban }>({
    name: 'admission-bans',
    text: `
      select b.seq, json_build_object(
        'account', b.account_id,
        'username', a.username,
        'displayName', a.display_name,
        'bannedBy', b.banned_by,
        'bannedAt', ${timestamp('b.banned_at')}
      ) as item
      from bans b
      join accounts a on a.id = b.account_id
      where b.conversation_id = $1 and ($2::int8 is null or b.seq < $2)
        and ($3 = '' or strpos(lower(a.display_name), lower($3)) > 0
             or strpos(a.username_key, lower($3)) > 0)
      order by b.seq desc
      limit $4`,
    values: [conversation, after, search.replaceAll('\u0000', ''), limit + 1],
  });
  const last = rows[limit - 1];
  return {
    items: rows.slice(0, limit).map((row) => row.item),
    next: last && rows.length > limit ? last.seq : null,
  };
}

const LINK = `json_build_object(
  'id', l.id,
  'createdBy', l.created_by,
  'createdAt', ${timestamp('l.created_at')},
  'expiresAt', ${timestamp('l.expires_at')},
  'maxUses', l.max_uses,
  'uses', (select count(*) from group_link_uses u where u.link_id = l.id)
)`;

/** Returns the links of a group that can be used at a time (RFC 3339), the latest first. */
export async function linksOf(
  pool: Pool,
  conversation: ConversationId,
  at: string,
): Promise<GroupLink[]> {
  const { rows } = await pool.query<{ item: GroupLink }>({
    name: 'admission-links',
    text: `select ${LINK} as item from group_links l
           where l.conversation_id = $1 and ${IS_USABLE}
           order by l.created_at desc, l.id desc`,
    values: [conversation, at],
  });
  return rows.map((row) => row.item);
}

/** Returns the link that an event created. */
export async function linkOfEvent(
  pool: Pool,
  conversation: ConversationId,
  seq: Seq,
): Promise<GroupLink | null> {
  const { rows } = await pool.query<{ item: GroupLink }>({
    name: 'admission-link-of-event',
    text: `select ${LINK} as item from events e
           join group_links l on l.id = (e.data ->> 'link')::uuid
           where e.stream_id = $1 and e.seq = $2 and e.type = 'link.created'`,
    values: [conversation, seq],
  });
  return rows[0]?.item ?? null;
}

/** Returns what the holder of a link sees of its group; null if the link cannot be used, also because of a ban. */
export async function groupOfLink(
  pool: Pool,
  account: AccountId,
  token: string,
  at: string,
): Promise<(LinkedGroup & { readonly link: LinkId }) | null> {
  const { rows } = await pool.query<{ item: LinkedGroup & { readonly link: LinkId } }>({
    name: 'admission-group-of-link',
    text: `
      select json_build_object(
        'link', l.id,
        'id', c.id,
        'name', c.name,
        'topic', c.topic,
        'description', c.description,
        'memberCount', c.member_count,
        'isMember', m.is_member
      ) as item
      from group_links l
      join conversations c on c.id = l.conversation_id and c.deleted_at is null
      cross join lateral (
        select exists (select from memberships m
                       where m.conversation_id = c.id and m.account_id = $3 and m.left_seq is null)
               as is_member
      ) m
      where l.token_hash = $1 and (m.is_member or ${IS_USABLE})
        and not exists (select from bans b where b.conversation_id = c.id and b.account_id = $3)`,
    values: [hashOfToken(token), at, account],
  });
  return rows[0]?.item ?? null;
}

/** Returns whether an account is banned from the group of a link. */
export async function isBannedFromLink(
  pool: Pool,
  account: AccountId,
  token: string,
): Promise<boolean> {
  const { rows } = await pool.query({
    name: 'admission-banned-from-link',
    text: `select from group_links l
           join bans b on b.conversation_id = l.conversation_id and b.account_id = $2
           where l.token_hash = $1`,
    values: [hashOfToken(token), account],
  });
  return rows.length > 0;
}
