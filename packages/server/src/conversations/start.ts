import {
  type AccountId,
  type Conversation,
  type ConversationId,
  type Seq,
  StreamId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { BatchedRead } from '../storage/batched-read.ts';
import { type JsonColumns, jsonColumns, readColumns } from '../storage/json-columns.ts';
import { listStatement } from '../storage/list-statement.ts';
import { snapshotsOf, type UnchangedStart } from './snapshot.ts';
import {
  currentMemberships,
  type SnapshotRow,
  serverRole,
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

/** A client that connects. */
export interface StartRequest {
  readonly account: AccountId;
  readonly known: KnownState;
}

interface StartRow extends SnapshotRow {
  /** The number of the request, from 1. */
  n: number;
  epoch: string;
  /** Null: there is no such account. */
  read_version: number | null;
  personal_seq: Seq;
  workspace_seq: Seq;
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
 * always sent. `r.snapshots` is an object rather than a table, because the planner cannot know that a
 * table of parameters is large.
 */
const IS_UNCHANGED = `coalesce(
  s.last_seq = (r.snapshots ->> m.conversation_id::text)::bigint
    and not c.is_everyone and ${serverRole('r.account')} <> 'guest'
    and r.epoch = (select epoch from server_state),
  false)`;

/** Requests of clients that connect at the same time share the statement: most of its cost is its start. */
const START = listStatement(
  'conversations-start',
  [
    {
      account: 'uuid',
      personal: 'uuid',
      // Each as the literal of an array, because the arrays of a PostgreSQL array must all have the same length.
      streams: 'text',
      epoch: 'uuid',
      snapshots: 'jsonb',
      n: 'ordinality',
    },
  ],
  (requests) => `
  select r.n, start.*
  from ${requests.rows} r
  cross join lateral (
    with current as materialized (${currentMemberships('r.account', IS_UNCHANGED)})
    select
      (select epoch from server_state) as epoch,
      (select read_version from accounts where id = r.account) as read_version,
      (select last_seq from streams where id = r.personal) as personal_seq,
      (select last_seq from streams where id = '${WORKSPACE_STREAM}') as workspace_seq,
      (select ${PERIODS} from (
         select m.conversation_id, m.joined_seq, m.left_seq
         from unnest(r.streams::uuid[]) as cursor (id)
         join memberships m on m.conversation_id = cursor.id and m.account_id = r.account
         where cursor.id not in (select conversation_id from current where is_unchanged)
         order by m.conversation_id, m.joined_seq) p) as periods,
      ${snapshotColumns('r.account', PREVIEW_CHARACTERS)}
  ) start`,
);

/** Returns what each of the clients starts from; null for accounts that do not exist. */
export async function loadStarts(
  pool: Pool,
  requests: readonly StartRequest[],
): Promise<(Start | null)[]> {
  const known = requests.map((request) => readKnown(request.known));
  const { rows } = await pool.query<StartRow>(
    START([
      requests.map(({ account }) => account),
      requests.map(({ account }) => streamOfAccount(account)),
      known.map(({ streams }) => `{${streams.join()}}`),
      known.map(({ epoch }) => epoch),
      known.map(({ snapshots }) => JSON.stringify(snapshots)),
    ]),
  );
  const byNumber = new Map(rows.map((row) => [row.n, row]));
  return requests.map(({ account }, n) => {
    const row = byNumber.get(n + 1);
    if (!row || row.read_version === null) return null;
    return startOf(account, row, row.read_version);
  });
}

/** Reads what connections start from: those that start at the same time share statements. */
export class StartReader {
  readonly #reads: BatchedRead<StartRequest, Start | null>;

  constructor(pool: Pool) {
    this.#reads = new BatchedRead((requests) => loadStarts(pool, requests), {
      // An account may have thousands of conversations, and the others wait for it.
      keys: 16,
      reads: 2,
    });
  }

  /**
   * Returns what a connection of an account starts from, given what its client has.
   * @throws for an unknown account
   */
  async load(account: AccountId, known: KnownState): Promise<Start> {
    const start = await this.#reads.get({ account, known });
    if (!start) throw new Error('Account not found');
    return start;
  }
}

/** Returns the valid parts of what a client says that it has. */
function readKnown({ epoch, cursor, resend }: KnownState) {
  const streams = Object.keys(cursor).filter((id) => StreamId.safeParse(id).success) as StreamId[];
  const snapshots: Record<StreamId, Seq> = {};
  // The cursor has the seqs of the snapshots.
  if (resend) for (const stream of streams) snapshots[stream] = cursor[stream] as Seq;
  for (const id of resend ?? []) delete snapshots[streamOfConversation(id)];
  return { streams, snapshots, epoch: epoch !== undefined && EPOCH.test(epoch) ? epoch : null };
}

/** An epoch as `ready` has it. */
const EPOCH = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

function startOf(account: AccountId, row: StartRow, readVersion: number): Start {
  const { conversations, unchanged } = snapshotsOf(account, row);
  return {
    epoch: row.epoch,
    readVersion,
    conversations,
    unchanged,
    periods: periodsOf(row.periods),
    personalSeq: row.personal_seq,
    workspaceSeq: row.workspace_seq,
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
