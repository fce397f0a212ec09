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
import { type JsonColumns, jsonColumns, readColumns } from '../storage/json-columns.ts';
import { snapshotsOf, type UnchangedStart } from './snapshot.ts';
import {
  currentMemberships,
  SERVER_ROLE,
  type SnapshotRow,
  snapshotColumns,
} from './snapshot-sql.ts';

/** The characters of the last message of a conversation: more than a sidebar shows. */
const PREVIEW_CHARACTERS = 300;

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

interface StartRow extends SnapshotRow {
  epoch: string;
  read_version: number | null;
  personal_seq: number;
  workspace_seq: number;
  periods: JsonColumns<Period>;
}

interface Period extends MembershipPeriod {
  readonly stream: StreamId;
}

const PERIODS = jsonColumns<Period>({
  stream: 'p.conversation_id',
  joinedSeq: 'p.joined_seq',
  leftSeq: 'p.left_seq',
});

/**
 * SQL: whether the client’s snapshot is current. A snapshot is derived from the events of the
 * stream and the read cursors, so it is current if no event was stored since. The snapshots of the
 * default group, and all those of a guest, also depend on the role on the server, and are
 * always sent. $6 is an object rather than a table, because the planner cannot know that a table of
 * parameters is large.
 */
const IS_UNCHANGED = `coalesce(
  s.last_seq = ($6::jsonb ->> m.conversation_id::text)::bigint
    and not c.is_everyone and ${SERVER_ROLE} <> 'guest' and $5::text = (select epoch::text from server_state),
  false)`;

const START = `
  with current as materialized (${currentMemberships(IS_UNCHANGED)})
  select
    (select epoch from server_state) as epoch,
    (select read_version from accounts where id = $1) as read_version,
    (select last_seq from streams where id = $2) as personal_seq,
    (select last_seq from streams where id = $3) as workspace_seq,
    (select ${PERIODS} from (
       select m.conversation_id, m.joined_seq, m.left_seq
       from unnest($4::uuid[]) as cursor (id)
       join memberships m on m.conversation_id = cursor.id and m.account_id = $1
       where cursor.id not in (select conversation_id from current where is_unchanged)
       order by m.conversation_id, m.joined_seq) p) as periods,
    ${snapshotColumns(PREVIEW_CHARACTERS)}`;

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
  const { conversations, unchanged } = snapshotsOf(account, row);
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

function periodsOf(columns: JsonColumns<Period>): Start['periods'] {
  const { count, read } = readColumns(columns);
  const periods = new Map<StreamId, MembershipPeriod[]>();
  for (let i = 0; i < count; i++) {
    const period = { joinedSeq: read('joinedSeq', i), leftSeq: read('leftSeq', i) };
    const ofStream = periods.get(read('stream', i));
    if (ofStream) ofStream.push(period);
    else periods.set(read('stream', i), [period]);
  }
  return periods;
}
