import {
  type AccountId,
  type AccountRole,
  type Conversation,
  type ConversationId,
  type Seq,
  StreamId,
  streamOfAccount,
  type UnchangedConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Pool } from 'pg';
import {
  type ConversationRow,
  currentConversations,
  SERVER_ROLE,
  withPermissions,
} from './snapshot.ts';

/** One membership period of an account in a conversation: events joinedSeq … leftSeq. */
export interface MembershipPeriod {
  readonly joinedSeq: Seq;
  /** Null in the current period. */
  readonly leftSeq: Seq | null;
}

/** What a client has of the server's state when it connects. */
export interface KnownState {
  /** The epoch that the cursor belongs to; if missing or different, the client has nothing. */
  readonly epoch?: string | undefined;
  /** Unchecked: a key that is no stream id is ignored. */
  readonly cursor: Readonly<Record<string, Seq>>;
  /**
   * The client has the snapshots of the conversations in its cursor, except these. Undefined if it
   * has none.
   */
  readonly resend?: readonly ConversationId[] | undefined;
}

/** A conversation whose snapshot the client has: no event was stored since. */
export interface UnchangedStart extends UnchangedConversation {
  readonly joinedSeq: Seq;
  readonly lastSeq: Seq;
}

/** What a connection starts from, read from one database snapshot. */
export interface Start {
  /** Identifies the history that seqs belong to; a restore starts another. */
  readonly epoch: string;
  readonly readVersion: number;
  readonly conversations: Conversation[];
  readonly unchanged: UnchangedStart[];
  /** The membership periods, in order, in the conversations of the cursor that are not unchanged. */
  readonly periods: ReadonlyMap<StreamId, readonly MembershipPeriod[]>;
  readonly personalSeq: Seq;
  readonly workspaceSeq: Seq;
}

/** The row of {@link currentConversations} for an unchanged conversation. */
type UnchangedRow = [
  id: ConversationId,
  joinedSeq: Seq,
  lastSeq: Seq,
  readSeq: Seq,
  readRevision: number,
  unread: number,
  unreadMentions: Seq[],
  peerReadSeq: Seq | null,
];

interface StartRow {
  epoch: string;
  read_version: number | null;
  personal_seq: number;
  workspace_seq: number;
  server_role: AccountRole | null;
  periods: [stream: StreamId, joinedSeq: Seq, leftSeq: Seq | null][];
  conversations: (ConversationRow | UnchangedRow)[];
}

/**
 * SQL: whether the client’s snapshot is current. A snapshot is derived from the events of the
 * stream and the read cursors, so it is current if no event was stored since. The snapshots of the
 * default group, and all those of a guest, also depend on the role on the server, and are
 * always sent. $6 is an object rather than a table, because the planner cannot know that a table of
 * parameters is large.
 */
const IS_CURRENT = `coalesce(
  s.last_seq = ($6::jsonb ->> m.conversation_id::text)::bigint
    and not c.is_everyone and ${SERVER_ROLE} <> 'guest' and $5::text = (select epoch::text from server_state),
  false)`;

const START = `
  with current as materialized (${currentConversations(IS_CURRENT)})
  select
    (select epoch from server_state) as epoch,
    (select read_version from accounts where id = $1) as read_version,
    ${SERVER_ROLE} as server_role,
    (select last_seq from streams where id = $2) as personal_seq,
    (select last_seq from streams where id = $3) as workspace_seq,
    (select coalesce(json_agg(json_build_array(m.conversation_id, m.joined_seq, m.left_seq)
                              order by m.conversation_id, m.joined_seq), '[]')
     from unnest($4::uuid[]) as cursor (id)
     join memberships m on m.conversation_id = cursor.id and m.account_id = $1
     where cursor.id not in (select conversation_id from current where is_unchanged)) as periods,
    (select coalesce(json_agg(item), '[]') from current) as conversations`;

/** Returns what a connection starts from, given what its client has. */
export async function loadStart(
  pool: Pool,
  account: AccountId,
  { epoch, cursor, resend }: KnownState,
): Promise<Start> {
  const streams = Object.keys(cursor).filter((id) => StreamId.safeParse(id).success);
  const snapshots: Record<string, Seq> = { ...(resend && cursor) };
  for (const id of resend ?? []) delete snapshots[id];
  const { rows } = await pool.query<StartRow>({
    name: 'conversations-start',
    text: START,
    values: [
      account,
      streamOfAccount(account),
      WORKSPACE_STREAM,
      streams,
      epoch,
      JSON.stringify(snapshots),
    ],
  });
  const [row] = rows;
  if (!row || row.read_version === null) throw new Error('Account not found');
  const conversations: Conversation[] = [];
  const unchanged: UnchangedStart[] = [];
  for (const item of row.conversations) {
    if (Array.isArray(item)) unchanged.push(unchangedOf(item));
    else conversations.push(withPermissions(item, row.server_role));
  }
  return {
    epoch: row.epoch,
    readVersion: row.read_version,
    conversations,
    unchanged,
    periods: periodsOf(row.periods),
    personalSeq: row.personal_seq as Seq,
    workspaceSeq: row.workspace_seq as Seq,
  };
}

function unchangedOf(row: UnchangedRow): UnchangedStart {
  const [id, joinedSeq, lastSeq, readSeq, readRevision, unread, unreadMentions, peerReadSeq] = row;
  return { id, joinedSeq, lastSeq, readSeq, readRevision, unread, unreadMentions, peerReadSeq };
}

function periodsOf(rows: StartRow['periods']): Start['periods'] {
  const periods = new Map<StreamId, MembershipPeriod[]>();
  for (const [stream, joinedSeq, leftSeq] of rows) {
    const ofStream = periods.get(stream);
    if (ofStream) ofStream.push({ joinedSeq, leftSeq });
    else periods.set(stream, [{ joinedSeq, leftSeq }]);
  }
  return periods;
}
