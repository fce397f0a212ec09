import {
  type AccountId,
  type ConversationId,
  type Seq,
  TIMELINE_EVENT_TYPES,
  TIMELINE_EVENTS_SPAN,
  type TimelineEvent,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../../storage/sql.ts';

/**
 * Returns the timeline events of the {@link TIMELINE_EVENTS_SPAN} seqs after `after`, which bounds what is read and
 * returned; null when the account is not a member. Like the messages, a member sees those from before it joined too.
 */
export async function timelineEvents(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  after: Seq,
): Promise<TimelineEvent[] | null> {
  const { rows } = await pool.query<{ items: TimelineEvent[] }>({
    name: 'messages-timeline-events',
    text: `
      select (
        select coalesce(json_agg(json_build_object(
          'op', 'event',
          'stream', e.stream_id,
          'seq', e.seq,
          'type', e.type,
          'at', ${timestamp('e.at')},
          'actor', e.actor_id,
          'client', null,
          'data', e.data) order by e.seq), '[]')
        from events e
        where e.stream_id = m.conversation_id and e.seq > $3::int8 and e.seq <= $3::int8 + $4::int8
          and e.type = any($5::text[])) as items
      from memberships m
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, after, TIMELINE_EVENTS_SPAN, TIMELINE_EVENT_TYPES],
  });
  return rows[0]?.items ?? null;
}
