import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type ReadCursor,
  type Refusal,
  refusal,
  type Seq,
} from '@parley/protocol';
import type { Pool } from 'pg';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Logger } from '../../runtime/log.ts';
import { isConnectionError } from '../../storage/database.ts';
import { unread } from './unread.ts';
import { unreadMentions } from './unread-mentions.ts';

/** The result of a move. */
export interface ReadMove {
  /** The account’s read version after the move. */
  readonly version: number;
  readonly cursor: ReadCursor;
  /** False if the cursor was already there, or if another move of the same statement reports it. */
  readonly moved: boolean;
  /** Whether other members get a receipt: only in small conversations. */
  readonly sendReceipts: boolean;
}

/** How a cursor is moved. */
export interface ReadOptions {
  /** Marks the messages after `seq` as unread: the cursor may move back, and its revision is raised. */
  readonly unread?: boolean | undefined;
  /**
   * The revision of the cursor that the device knew. A move is ignored if the cursor has another one:
   * it was marked unread since. Without it the move always applies.
   */
  readonly revision?: number | undefined;
}

interface PendingMove {
  readonly account: AccountId;
  readonly conversation: ConversationId;
  readonly seq: Seq;
  readonly options: ReadOptions;
  /** Monotonic arrival time, ms. */
  readonly arrivedAt: number;
  /** Whether a statement with this move failed with an unknown outcome. */
  uncertain: boolean;
  readonly settle: (result: ReadMove | { refusal: Refusal }) => void;
}

/** The moves of one cursor in one statement, merged into one. */
interface MergedMove {
  seq: Seq;
  readonly unread: boolean;
  readonly revision: number | null;
  readonly pending: PendingMove[];
}

interface MoveRow {
  n: number;
  is_member: boolean;
  version: number | null;
  moved: boolean | null;
  send_receipts: boolean | null;
  cursor: ReadCursor | null;
}

/** Moves per statement. */
const BATCH = 250;
/** Pending moves beyond this number are rejected. */
const PENDING_MAX = 20_000;
/** Moves that wait longer for a row lock or for the database time out. */
const TIMEOUT_MS = 8_000;
/** First and longest delay before a retry. */
const RETRY_MS = [4, 250] as const;

/**
 * Moves read cursors. They are state, not events: clients get them as signals, and detect a missed
 * one by the read version.
 *
 * 1. A cursor moves forward only, at most to the end of its stream, unless marked unread.
 * 2. Marking unread raises the cursor’s revision. A move with another revision is ignored: a late read of
 *    another device does not undo the mark, and a mark that is sent again does not undo a later read.
 * 3. Each move that changes a cursor raises the account’s read version by one, in the same statement.
 * 4. Moves that arrive while a statement runs share the next one.
 * 5. A statement never waits for a row lock: it skips locked rows, and the next one retries them.
 *    So it cannot deadlock, and holds its own locks only for the duration of a statement.
 */
export class ReadCursors {
  readonly #pool: Pool;
  readonly #log: Logger;
  readonly #metrics: Metrics | null;
  #pending: PendingMove[] = [];
  #running = false;

  constructor(pool: Pool, log: Logger, metrics: Metrics | null = null) {
    this.#pool = pool;
    this.#log = log;
    this.#metrics = metrics;
  }

  /**
   * Moves the account’s cursor in a conversation to `seq`. Non-members are refused with `conversation_not_found`.
   * Never throws.
   */
  move(
    account: AccountId,
    conversation: ConversationId,
    seq: Seq,
    options: ReadOptions = {},
  ): Promise<ReadMove | { refusal: Refusal }> {
    if (this.#pending.length >= PENDING_MAX) {
      return Promise.resolve({ refusal: refusal('overloaded', undefined, { retryAfter: 2 }) });
    }
    return new Promise((resolve) => {
      const settle = (result: ReadMove | { refusal: Refusal }) => {
        this.#metrics?.command('messages.read', 'refusal' in result ? 'refused' : 'stored');
        resolve(result);
      };
      const arrivedAt = performance.now();
      this.#pending.push({
        account,
        conversation,
        seq,
        options,
        arrivedAt,
        uncertain: false,
        settle,
      });
      if (this.#running) return;
      this.#running = true;
      // Moves of the same turn of the event loop share the first statement.
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    let delay: number = RETRY_MS[0];
    while (this.#pending.length > 0) {
      const { batch, later } = merge(this.#pending.splice(0, BATCH));
      const toRetry = await this.#attempt(batch);
      // Back to the front, to keep the order of the moves of a cursor.
      this.#pending = [...toRetry, ...later, ...this.#pending];
      if (toRetry.length === 0) {
        delay = RETRY_MS[0];
      } else {
        await new Promise((resolve) => setTimeout(resolve, delay));
        delay = Math.min(delay * 2, RETRY_MS[1]);
      }
    }
    this.#running = false;
  }

  /** Runs one statement. Returns the moves to retry. */
  async #attempt(batch: readonly MergedMove[]): Promise<PendingMove[]> {
    try {
      const rows = await this.#execute(batch);
      const locked = batch.filter((move, i) => !settleWithRow(move, rows[i]));
      return timeOutOld(locked, refusal('overloaded', undefined, { retryAfter: 2 }));
    } catch (error) {
      if (isConnectionError(error)) {
        // The outcome is unknown, but moves are idempotent.
        for (const move of batch.flatMap((merged) => merged.pending)) move.uncertain = true;
        return timeOutOld(batch, refusal('unavailable', undefined, { retryAfter: 2 }));
      }
      this.#log.error({ err: error, moves: batch.length }, 'moving read cursors failed');
      for (const move of batch) refuseAll(move, refusal('internal'));
      return [];
    }
  }

  async #execute(batch: readonly MergedMove[]): Promise<(MoveRow | undefined)[]> {
    const first = batch.map((move) => move.pending[0] as PendingMove);
    const { rows } = await this.#pool.query<MoveRow>({
      name: 'read-cursors-move',
      text: MOVE,
      values: [
        first.map((w) => w.account),
        first.map((w) => w.conversation),
        batch.map((move) => move.seq),
        batch.map((move) => move.unread),
        batch.map((move) => move.revision),
      ],
    });
    const ordered: (MoveRow | undefined)[] = new Array(batch.length);
    for (const row of rows) ordered[row.n - 1] = row;
    return ordered;
  }
}

/** $1 accounts, $2 conversations, $3 seqs, $4 whether to mark unread, $5 revisions: one element per cursor. */
const MOVE = `
  with asked as (
    select n, account_id, conversation_id, seq, back, revision
    from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::bool[], $5::int8[]) with ordinality
      as a (account_id, conversation_id, seq, back, revision, n)
  ), account as materialized (
    select id, read_version from accounts where id = any($1)
    for no key update skip locked
  ), held as materialized (
    -- Locking reads the current row, even if it is newer than the snapshot of the statement.
    select m.account_id, m.conversation_id, m.joined_seq, m.read_seq, m.read_revision,
           a.n, a.seq, a.back, a.revision, o.read_version
    from asked a
    join account o on o.id = a.account_id
    join memberships m
      on m.account_id = a.account_id and m.conversation_id = a.conversation_id and m.left_seq is null
    for no key update of m skip locked
  ), target as materialized (
    select h.*, s.last_seq, (h.back and not x.is_stale)::int as raise,
           case when x.is_stale then h.read_seq
                when h.back then least(h.seq, s.last_seq)
                else greatest(h.read_seq, least(h.seq, s.last_seq)) end as goal
    from held h
    join streams s on s.id = h.conversation_id
    cross join lateral (select coalesce(h.revision <> h.read_revision, false) as is_stale) x
  ), moving as materialized (
    select account_id, conversation_id, joined_seq, goal, raise,
           row_number() over (partition by account_id order by n) as step
    from target
    where goal <> read_seq or raise > 0
  ), written as (
    update memberships m set read_seq = g.goal, read_revision = m.read_revision + g.raise
    from moving g
    where m.account_id = g.account_id and m.conversation_id = g.conversation_id
      and m.joined_seq = g.joined_seq
  ), counted as (
    update accounts a set read_version = a.read_version + g.steps
    from (select account_id, count(*) as steps from moving group by 1) g
    where a.id = g.account_id
  )
  select a.n::int as n,
    exists (select from memberships m
            where m.account_id = a.account_id and m.conversation_id = a.conversation_id
              and m.left_seq is null) as is_member,
    t.read_version + coalesce(g.step, (select max(step) from moving x
                                       where x.account_id = t.account_id), 0) as version,
    g.step is not null as moved,
    c.member_count <= ${LIMITS.receiptsMembers} as send_receipts,
    case when t.n is not null then json_build_object(
      'conversation', t.conversation_id,
      'readSeq', t.goal,
      'revision', t.read_revision + t.raise,
      'unread', ${unread('t.conversation_id', 't.account_id', 't.goal')},
      'unreadMentions', ${unreadMentions('t.conversation_id', 't.account_id', 't.goal')},
      'asOf', t.last_seq) end as cursor
  from asked a
  left join target t on t.n = a.n
  left join moving g on g.account_id = t.account_id and g.conversation_id = t.conversation_id
  left join conversations c on c.id = t.conversation_id`;

/**
 * Merges the moves of each cursor, in order. A mark as unread, or a read with another revision, is
 * not merged with earlier moves: it and all later moves of its cursor wait for the next statement.
 */
function merge(pending: readonly PendingMove[]): { batch: MergedMove[]; later: PendingMove[] } {
  const merged = new Map<string, MergedMove>();
  const closed = new Set<string>();
  const later: PendingMove[] = [];
  for (const move of pending) {
    const key = `${move.account} ${move.conversation}`;
    const { seq } = move;
    const { unread = false, revision = null } = move.options;
    const earlier = merged.get(key);
    if (!earlier) {
      merged.set(key, { seq, unread, revision, pending: [move] });
    } else if (closed.has(key) || unread || earlier.unread || earlier.revision !== revision) {
      closed.add(key);
      later.push(move);
    } else {
      if (seq > earlier.seq) earlier.seq = seq;
      earlier.pending.push(move);
    }
  }
  return { batch: [...merged.values()], later };
}

/** Settles the moves with the row of the statement. Returns false when the cursor was locked. */
function settleWithRow(merged: MergedMove, row: MoveRow | undefined): boolean {
  if (row?.cursor) {
    const { cursor, version, send_receipts: sendReceipts } = row;
    // A statement with unknown outcome may have moved it without any client being notified.
    const moved = row.moved === true || merged.pending.some(({ uncertain }) => uncertain);
    for (const [i, move] of merged.pending.entries()) {
      move.settle({
        version: version ?? 0,
        cursor,
        moved: moved && i === 0,
        sendReceipts: sendReceipts === true,
      });
    }
    return true;
  }
  if (row?.is_member) return false;
  refuseAll(merged, refusal('conversation_not_found'));
  return true;
}

/** Refuses the moves that have timed out. Returns the others, to retry. */
function timeOutOld(batch: readonly MergedMove[], reason: Refusal): PendingMove[] {
  const now = performance.now();
  return batch
    .flatMap((merged) => merged.pending)
    .filter((move) => {
      if (now - move.arrivedAt < TIMEOUT_MS) return true;
      move.settle({ refusal: reason });
      return false;
    });
}

function refuseAll(merged: MergedMove, reason: Refusal): void {
  for (const move of merged.pending) move.settle({ refusal: reason });
}

/** Returns all read cursors of an account with its read version, as of one moment. */
export async function cursorsOf(
  pool: Pool,
  account: AccountId,
): Promise<{ readVersion: number; items: ReadCursor[] }> {
  const { rows } = await pool.query<{ read_version: number; items: ReadCursor[] }>({
    name: 'read-cursors-of',
    text: `
      select a.read_version,
        (select coalesce(json_agg(json_build_object(
           'conversation', m.conversation_id,
           'readSeq', m.read_seq,
           'revision', m.read_revision,
           'unread', ${unread('m.conversation_id', 'm.account_id', 'm.read_seq')},
           'unreadMentions', ${unreadMentions('m.conversation_id', 'm.account_id', 'm.read_seq')},
           'asOf', s.last_seq)), '[]')
         from memberships m
         join streams s on s.id = m.conversation_id
         where m.account_id = a.id and m.left_seq is null) as items
      from accounts a
      where a.id = $1`,
    values: [account],
  });
  return { readVersion: rows[0]?.read_version ?? 0, items: rows[0]?.items ?? [] };
}

/** Returns the read versions of the accounts. */
export async function readVersions(
  pool: Pool,
  accounts: readonly AccountId[],
): Promise<Map<AccountId, number>> {
  const { rows } = await pool.query<{ id: AccountId; read_version: number }>({
    name: 'read-cursors-versions',
    text: 'select id, read_version from accounts where id = any($1::uuid[])',
    values: [accounts],
  });
  return new Map(rows.map((row) => [row.id, row.read_version]));
}
