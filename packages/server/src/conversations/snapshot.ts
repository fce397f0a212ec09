import {
  type AccountId,
  type Conversation,
  type ConversationId,
  type Seq,
  StreamId,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { LAST_MESSAGE } from '../messages/message-sql.ts';
import { messagePermissions } from '../messages/policy.ts';
import { unread } from '../messages/unread.ts';
import { timestamp } from '../storage/sql.ts';
import { actingRole, conversationType, permissionsOf } from './policy.ts';

/**
 * Snapshots of conversations as a client starts from them. Each function reads with one statement,
 * that is from one database snapshot: a conversation is exact at its `lastSeq`, so a subscriber that
 * continues from there neither misses an event nor counts one twice. PostgreSQL builds the JSON,
 * which is cheaper than sending and parsing the columns.
 */

/** One membership period of an account in a conversation: events joinedSeq … leftSeq. */
export interface MembershipPeriod {
  readonly joinedSeq: Seq;
  /** Null in the current period. */
  readonly leftSeq: Seq | null;
}

/** What a connection starts from, read at one moment. */
export interface Start {
  /** Identifies the history that seqs belong to; a restore starts another. */
  readonly epoch: string;
  readonly readVersion: number;
  readonly conversations: Conversation[];
  /** The membership periods, in order, in the conversations of the cursor. */
  readonly periods: ReadonlyMap<StreamId, readonly MembershipPeriod[]>;
  readonly personalSeq: Seq;
  readonly workspaceSeq: Seq;
}

/** A conversation as the database returns it: the policies add the permissions. */
type Row = Omit<Conversation, 'permissions' | 'messagePermissions'>;

/** SQL: whether account $1 is an owner or admin of the server. */
const IS_SERVER_ADMIN = `(select role in ('owner', 'admin') from accounts where id = $1)`;

/** SQL: one row `item` (json) for each current conversation of account $1. */
const ITEMS = `
  select m.conversation_id, json_build_object(
    'id', c.id,
    'kind', c.kind,
    'visibility', c.visibility,
    'name', c.name,
    'isEveryone', c.is_everyone,
    'peer', peer.account_id,
    'memberCount', c.member_count,
    'createdAt', ${timestamp('c.created_at')},
    'role', m.role,
    'joinedSeq', m.joined_seq,
    'readSeq', m.read_seq,
    'unread', ${unread('m.conversation_id', 'm.account_id', 'm.read_seq')},
    'peerReadSeq', peer.read_seq,
    'lastSeq', s.last_seq,
    'lastMessage', last.item
  ) as item
  from memberships m
  join conversations c on c.id = m.conversation_id
  join streams s on s.id = m.conversation_id
  left join lateral (
    select p.account_id, p.read_seq from memberships p
    where c.kind = 'direct' and p.conversation_id = m.conversation_id
      and p.account_id <> m.account_id and p.left_seq is null
    limit 1
  ) peer on true
  left join lateral (
    select ${LAST_MESSAGE} as item
    from messages g
    where g.conversation_id = m.conversation_id and g.deleted_at is null
    order by g.seq desc
    limit 1
  ) last on true
  where m.account_id = $1 and m.left_seq is null`;

/** Returns the current conversations of an account. */
export async function conversationsOf(pool: Pool, account: AccountId): Promise<Conversation[]> {
  const { rows } = await pool.query<{ items: Row[]; is_server_admin: boolean | null }>({
    name: 'conversations-of',
    text: `select coalesce(json_agg(i.item), '[]') as items, ${IS_SERVER_ADMIN} as is_server_admin
           from (${ITEMS}) i`,
    values: [account],
  });
  const [row] = rows;
  return row ? row.items.map((item) => withPermissions(item, row.is_server_admin)) : [];
}

/** Returns a conversation as the account sees it; null when it is not a member. */
export async function conversationFor(
  pool: Pool,
  account: AccountId,
  id: ConversationId,
): Promise<Conversation | null> {
  const { rows } = await pool.query<{ item: Row; is_server_admin: boolean | null }>({
    name: 'conversations-for',
    text: `select i.item, ${IS_SERVER_ADMIN} as is_server_admin
           from (${ITEMS} and m.conversation_id = $2) i`,
    values: [account, id],
  });
  const [row] = rows;
  return row ? withPermissions(row.item, row.is_server_admin) : null;
}

/**
 * Returns what a connection starts from. `cursorStreams` are the keys of the client’s cursor,
 * unchecked: a key that is no stream id is ignored.
 */
export async function loadStart(
  pool: Pool,
  account: AccountId,
  cursorStreams: readonly string[],
): Promise<Start> {
  const { rows } = await pool.query<{
    epoch: string;
    read_version: number;
    personal_seq: number;
    workspace_seq: number;
    is_server_admin: boolean | null;
    periods: [stream: StreamId, joinedSeq: Seq, leftSeq: Seq | null][];
    conversations: Row[];
  }>({
    name: 'conversations-start',
    text: `
      select
        (select epoch from server_state) as epoch,
        (select read_version from accounts where id = $1) as read_version,
        ${IS_SERVER_ADMIN} as is_server_admin,
        (select last_seq from streams where id = $2) as personal_seq,
        (select last_seq from streams where id = $3) as workspace_seq,
        (select coalesce(json_agg(json_build_array(m.conversation_id, m.joined_seq, m.left_seq)
                                  order by m.conversation_id, m.joined_seq), '[]')
         from unnest($4::uuid[]) as cursor (id)
         join memberships m on m.conversation_id = cursor.id and m.account_id = $1) as periods,
        (select coalesce(json_agg(i.item), '[]') from (${ITEMS}) i) as conversations`,
    values: [
      account,
      streamOfAccount(account),
      WORKSPACE_STREAM,
      [...new Set(cursorStreams)].filter((id) => StreamId.safeParse(id).success),
    ],
  });
  const [row] = rows;
  if (!row || row.read_version === null) throw new Error('Account not found');
  const periods = new Map<StreamId, MembershipPeriod[]>();
  for (const [stream, joinedSeq, leftSeq] of row.periods) {
    const known = periods.get(stream);
    if (known) known.push({ joinedSeq, leftSeq });
    else periods.set(stream, [{ joinedSeq, leftSeq }]);
  }
  return {
    epoch: row.epoch,
    readVersion: row.read_version,
    conversations: row.conversations.map((item) => withPermissions(item, row.is_server_admin)),
    periods,
    personalSeq: row.personal_seq as Seq,
    workspaceSeq: row.workspace_seq as Seq,
  };
}

function withPermissions(item: Row, isServerAdmin: boolean | null): Conversation {
  const type = conversationType(item);
  const role = actingRole(item.role, type, isServerAdmin === true);
  return {
    ...item,
    permissions: permissionsOf(role, type),
    messagePermissions: messagePermissions(),
  };
}
