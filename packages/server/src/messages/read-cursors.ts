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
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { isConnectionError } from '../storage/database.ts';
import { unread } from './unread.ts';

/** What became of a move. */
export interface ReadMove {
  /** The account’s read version after the move. */
  readonly version: number;
  readonly cursor: ReadCursor;
  /** False when the cursor stood there already, or a move that shared its statement tells of it. */
  readonly moved: boolean;
  /** Whether the other members are told: only in small conversations. */
  readonly tellOthers: boolean;
}

interface Waiting {
  readonly account: AccountId;
  readonly conversation: ConversationId;
  readonly seq: Seq;
  readonly unread: boolean;
  /** Monotonic time of its arrival, ms. */
  readonly since: number;
  readonly settle: (result: ReadMove | { refusal: Refusal }) => void;
}

/** Moves of one cursor that go into one statement: together they come to this. */
interface Folded {
  seq: Seq;
  unread: boolean;
  readonly waiting: Waiting[];
}

interface MoveRow {
  n: number;
  is_member: boolean;
  version: number | null;
  moved: boolean | null;
  tell_others: boolean | null;
  cursor: ReadCursor | null;
}

/** Cursors in one statement. */
const BATCH = 250;
/** More waiting moves than this are refused at once. */
const WAITING_MAX = 20_000;
/** A move waits this long for a locked row or for the database, then it is given up. */
const PATIENCE_MS = 8_000;
/** First and longest pause before what could not be done is tried again. */
const PAUSE_MS = [4, 250] as const;

/**
 * Moves read cursors. They are state, not events: told live as signals, and a client that missed
 * one sees it by the version.
 *
 * 1. A cursor only grows, and never beyond its stream, unless the person marks something unread.
 * 2. Each real move raises the account’s version by one, in the statement that moves the cursor.
 * 3. Moves that arrive while a statement is under way share the next one.
 * 4. It never waits for a lock while it holds one: rows that somebody else has locked are left for
 *    the next statement. So it is part of no deadlock, and keeps no row for longer than a statement.
 */
export class ReadCursors {
  readonly #pool: Pool;
  readonly #log: Logger;
  readonly #metrics: Metrics | null;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(pool: Pool, log: Logger, metrics: Metrics | null = null) {
    this.#pool = pool;
    this.#log = log;
    this.#metrics = metrics;
  }

  /**
   * Moves the account’s cursor in a conversation forward to `seq`; with `markUnread` also back.
   * Refused with `conversation_not_found` to those who are not members. Never throws.
   */
  move(
    account: AccountId,
    conversation: ConversationId,
    seq: Seq,
    markUnread = false,
  ): Promise<ReadMove | { refusal: Refusal }> {
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.resolve({ refusal: refusal('overloaded', undefined, { retryAfter: 2 }) });
    }
    return new Promise((resolve) => {
      const settle = (result: ReadMove | { refusal: Refusal }) => {
        this.#metrics?.command('messages.read', 'refusal' in result ? 'refused' : 'stored');
        resolve(result);
      };
      const since = performance.now();
      this.#waiting.push({ account, conversation, seq, unread: markUnread, since, settle });
      if (this.#running) return;
      this.#running = true;
      // All that the same turn of the event loop brings shares the first statement.
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    let pause: number = PAUSE_MS[0];
    while (this.#waiting.length > 0) {
      const batch = fold(this.#waiting.splice(0, BATCH));
      const left = await this.#attempt(batch);
      // In front again: the moves of one cursor keep their order.
      this.#waiting = [...left, ...this.#waiting];
      if (left.length === 0) {
        pause = PAUSE_MS[0];
      } else {
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(pause * 2, PAUSE_MS[1]);
      }
    }
    this.#running = false;
  }

  /** One statement. Returns the moves that are to be tried again. */
  async #attempt(batch: readonly Folded[]): Promise<Waiting[]> {
    try {
      const rows = await this.#execute(batch);
      const locked = batch.filter((folded, i) => !settleBy(rows[i], folded));
      return giveUpOld(locked, refusal('overloaded', undefined, { retryAfter: 2 }));
    } catch (error) {
      if (isConnectionError(error)) {
        // Whether it was done or not: a move may be made twice.
        return giveUpOld(batch, refusal('unavailable', undefined, { retryAfter: 2 }));
      }
      this.#log.error({ err: error, moves: batch.length }, 'read cursors could not be moved');
      for (const folded of batch) settleAll(folded, refusal('internal'));
      return [];
    }
  }

  async #execute(batch: readonly Folded[]): Promise<(MoveRow | undefined)[]> {
    const first = batch.map((folded) => folded.waiting[0] as Waiting);
    const { rows } = await this.#pool.query<MoveRow>({
      name: 'read-cursors-move',
      text: MOVE,
      values: [
        first.map((w) => w.account),
        first.map((w) => w.conversation),
        batch.map((f) => f.seq),
        batch.map((f) => f.unread),
      ],
    });
    const ordered: (MoveRow | undefined)[] = new Array(batch.length);
    for (const row of rows) ordered[row.n - 1] = row;
    return ordered;
  }
}

/** $1 accounts, $2 conversations, $3 seqs, $4 whether they may go back: one for each cursor. */
const MOVE = `
  with asked as (
    select n, account_id, conversation_id, seq, back
    from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::bool[]) with ordinality
      as a (account_id, conversation_id, seq, back, n)
  ), account as materialized (
    select id, read_version from accounts where id = any($1)
    for no key update skip locked
  ), held as materialized (
    -- The row as it is now, whatever this statement’s snapshot shows.
    select m.account_id, m.conversation_id, m.joined_seq, m.read_seq,
           a.n, a.seq, a.back, o.read_version
    from asked a
    join account o on o.id = a.account_id
    join memberships m
      on m.account_id = a.account_id and m.conversation_id = a.conversation_id and m.left_seq is null
    for no key update of m skip locked
  ), target as materialized (
    select h.*, s.last_seq,
           case when h.back then least(h.seq, s.last_seq)
                else greatest(h.read_seq, least(h.seq, s.last_seq)) end as goal
    from held h
    join streams s on s.id = h.conversation_id
  ), moving as materialized (
    select account_id, conversation_id, joined_seq, goal,
           row_number() over (partition by account_id order by n) as step
    from target
    where goal <> read_seq
  ), written as (
    update memberships m set read_seq = g.goal
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
    c.member_count <= ${LIMITS.receiptsMembers} as tell_others,
    case when t.n is not null then json_build_object(
      'conversation', t.conversation_id,
      'readSeq', t.goal,
      'unread', ${unread('t.conversation_id', 't.account_id', 't.goal')},
      'asOf', t.last_seq) end as cursor
  from asked a
  left join target t on t.n = a.n
  left join moving g on g.account_id = t.account_id and g.conversation_id = t.conversation_id
  left join conversations c on c.id = t.conversation_id`;

/** Puts the moves of the same cursor together, in their order. */
function fold(waiting: readonly Waiting[]): Folded[] {
  const folded = new Map<string, Folded>();
  for (const w of waiting) {
    const key = `${w.account} ${w.conversation}`;
    const known = folded.get(key);
    if (!known) {
      folded.set(key, { seq: w.seq, unread: w.unread, waiting: [w] });
      continue;
    }
    // “Unread from here” sets the cursor, whatever came before; a later reading only raises it.
    if (w.unread || w.seq > known.seq) known.seq = w.seq;
    known.unread ||= w.unread;
    known.waiting.push(w);
  }
  return [...folded.values()];
}

/** Answers the moves; false when the row was locked by somebody else. */
function settleBy(row: MoveRow | undefined, folded: Folded): boolean {
  if (row?.cursor) {
    const { cursor, version, moved, tell_others: tellOthers } = row;
    for (const [i, w] of folded.waiting.entries()) {
      w.settle({
        version: version ?? 0,
        cursor,
        moved: moved === true && i === 0,
        tellOthers: tellOthers === true,
      });
    }
    return true;
  }
  if (row?.is_member) return false;
  settleAll(folded, refusal('conversation_not_found'));
  return true;
}

/** Refuses what has waited too long; the rest is to be tried again. */
function giveUpOld(batch: readonly Folded[], why: Refusal): Waiting[] {
  const now = performance.now();
  return batch
    .flatMap((folded) => folded.waiting)
    .filter((w) => {
      if (now - w.since < PATIENCE_MS) return true;
      w.settle({ refusal: why });
      return false;
    });
}

function settleAll(folded: Folded, why: Refusal): void {
  for (const w of folded.waiting) w.settle({ refusal: why });
}

/** All read cursors of an account, and the version they stand at, as of one moment. */
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
           'unread', ${unread('m.conversation_id', 'm.account_id', 'm.read_seq')},
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

/** Where the read versions of the accounts stand. */
export async function readVersions(
  pool: Pool,
  accounts: readonly AccountId[],
): Promise<Map<AccountId, number>> {
  const { rows } = await pool.query<{ id: string; read_version: number }>({
    name: 'read-cursors-versions',
    text: 'select id, read_version from accounts where id = any($1::uuid[])',
    values: [accounts],
  });
  return new Map(rows.map((row) => [row.id as AccountId, row.read_version]));
}
