import type { ConversationId, Seq } from '@parley/protocol';
import type { Pool } from 'pg';

/**
 * Returns a seq from which on the messages of a conversation were posted at a time or later; null
 * if there is no such message. Messages have no index by time, which every post would have to
 * maintain: times grow with the seqs, so it is found by binary search, with one read of the primary
 * key per bit of the last seq. If the clocks of nodes differ, it may be off by the messages posted
 * within that difference.
 */
export async function seqAt(
  pool: Pool,
  conversation: ConversationId,
  time: string,
): Promise<Seq | null> {
  const { rows } = await pool.query<{ seq: Seq }>({
    name: 'messages-seq-at',
    // Between `low` and `high` is the first seq after which every message is late enough.
    text: `
      with recursive halving(low, high) as (
        select 1::bigint, s.last_seq + 1 from streams s where s.id = $1
        union all
        select case when late.is then h.low else middle.seq + 1 end,
          case when late.is then middle.seq else h.high end
        from halving h
        cross join lateral (select (h.low + h.high) / 2 as seq) middle
        cross join lateral (select coalesce((
          select g.posted_at >= $2::timestamptz
          from messages g
          where g.conversation_id = $1 and g.seq >= middle.seq
          order by g.seq limit 1), true) as is) late
        where h.low < h.high)
      select g.seq
      from halving h
      cross join lateral (
        select seq from messages
        where conversation_id = $1 and seq >= h.low
        order by seq limit 1) g
      where h.low = h.high`,
    values: [conversation, time],
  });
  return rows[0]?.seq ?? null;
}
