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
import { unread } from '../messages/unread.ts';
import { timestamp } from '../storage/sql.ts';

/**
 * What a client starts from. Each function is one statement, so one snapshot of the database: what
 * is told of a conversation is true for exactly its `lastSeq`, and whoever follows the stream from
 * there on misses nothing and counts nothing twice. PostgreSQL makes the JSON: a row of numbers,
 * texts and times costs it less than the wire and the driver would.
 */

/** One stay of an account in a conversation: the events joinedSeq … leftSeq of its stream. */
export interface Stay {
  readonly joinedSeq: Seq;
  /** Null while the stay goes on. */
  readonly leftSeq: Seq | null;
}

/** All that a connection starts from, as of one moment. */
export interface Start {
  /** Names the history that seqs belong to: another one after a backup was restored. */
  readonly epoch: string;
  readonly readVersion: number;
  readonly conversations: Conversation[];
  /** The stays, in order, in the conversations that were asked for. */
  readonly stays: ReadonlyMap<StreamId, readonly Stay[]>;
  readonly personalSeq: Seq;
  readonly workspaceSeq: Seq;
}

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
    select json_build_object(
      'conversation', g.conversation_id,
      'seq', g.seq,
      'author', g.author_id,
      'body', g.body,
      'postedAt', ${timestamp('g.posted_at')},
      'editedAt', ${timestamp('g.edited_at')},
      'deletedAt', null,
      'changedSeq', g.changed_seq
    ) as item
    from messages g
    where g.conversation_id = m.conversation_id and g.deleted_at is null
    order by g.seq desc
    limit 1
  ) last on true
  where m.account_id = $1 and m.left_seq is null`;

/** All conversations of an account. */
export async function conversationsOf(pool: Pool, account: AccountId): Promise<Conversation[]> {
  const { rows } = await pool.query<{ items: Conversation[] }>({
    name: 'conversations-of',
    text: `select coalesce(json_agg(i.item), '[]') as items from (${ITEMS}) i`,
    values: [account],
  });
  return rows[0]?.items ?? [];
}

/** One conversation as its member sees it; null for those who are not members. */
export async function conversationFor(
  pool: Pool,
  account: AccountId,
  id: ConversationId,
): Promise<Conversation | null> {
  const { rows } = await pool.query<{ item: Conversation }>({
    name: 'conversations-for',
    text: `${ITEMS} and m.conversation_id = $2`,
    values: [account, id],
  });
  return rows[0]?.item ?? null;
}

/**
 * All that a connection starts from. `cursorStreams` are the keys of the client’s cursor, checked
 * by nobody: what is not a stream’s id is passed over.
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
    stays: [stream: StreamId, joinedSeq: Seq, leftSeq: Seq | null][];
    conversations: Conversation[];
  }>({
    name: 'conversations-start',
    text: `
      select
        (select epoch from server_state) as epoch,
        (select read_version from accounts where id = $1) as read_version,
        (select last_seq from streams where id = $2) as personal_seq,
        (select last_seq from streams where id = $3) as workspace_seq,
        (select coalesce(json_agg(json_build_array(m.conversation_id, m.joined_seq, m.left_seq)
                                  order by m.conversation_id, m.joined_seq), '[]')
         from unnest($4::uuid[]) as cursor (id)
         join memberships m on m.conversation_id = cursor.id and m.account_id = $1) as stays,
        (select coalesce(json_agg(i.item), '[]') from (${ITEMS}) i) as conversations`,
    values: [
      account,
      streamOfAccount(account),
      WORKSPACE_STREAM,
      [...new Set(cursorStreams)].filter((id) => StreamId.safeParse(id).success),
    ],
  });
  const [row] = rows;
  if (!row || row.read_version === null)
    throw new Error('A start for an account that is not there');
  const stays = new Map<StreamId, Stay[]>();
  for (const [stream, joinedSeq, leftSeq] of row.stays) {
    const known = stays.get(stream);
    if (known) known.push({ joinedSeq, leftSeq });
    else stays.set(stream, [{ joinedSeq, leftSeq }]);
  }
  return {
    epoch: row.epoch,
    readVersion: row.read_version,
    conversations: row.conversations,
    stays,
    personalSeq: row.personal_seq as Seq,
    workspaceSeq: row.workspace_seq as Seq,
  };
}
