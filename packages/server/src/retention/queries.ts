import type {
  AccountId,
  ConversationId,
  ConversationRetention,
  ExpiredCount,
} from '@parley/protocol';
import type pg from 'pg';
import { storedSettingsIn } from '../settings/server-settings.ts';
import { ruleReader } from '../stream/rule-reader.ts';
import { AHEAD_MS } from '../stream/stream-transaction.ts';
import type { Cutoffs } from './expire.ts';
import { choiceOf, choicesOf, type RetentionSettings, retentionDays } from './policy.ts';

/** At most this many messages of a conversation are counted before a policy is confirmed. */
const COUNTED_MAX = 100_000;
/** A seq that no message has. */
const SEQ_MAX = '9223372036854775807';

/** SQL: the messages `m` of the conversation `c` that have not been deleted yet, from the oldest on. */
const REMAINING = `m.conversation_id = c.id and m.deleted_at is null
  and m.seq > coalesce((select p.up_to from retention_progress p where p.conversation_id = c.id), 0)
  order by m.seq`;

/** SQL: the cutoff `e.time` of the conversation `c`; conversations that keep messages have none. */
const cutoff = (choices: string, times: string) => `
  left join group_retention r on r.conversation_id = c.id
  join unnest(${choices}::int4[], ${times}::timestamptz[]) as e (days, time)
    on e.days is not distinct from r.days`;

/** Returns the settings about retention that are stored. */
export async function settingsOf(pool: pg.Pool): Promise<RetentionSettings> {
  return await storedSettingsIn(ruleReader(pool));
}

/** Returns conversations after `after` whose oldest message has expired, in the order of their ids. */
export async function conversationsToExpire(
  pool: pg.Pool,
  { choices, times }: Cutoffs,
  { after, now, limit }: { after: ConversationId | null; now: number; limit: number },
): Promise<ConversationId[]> {
  if (choices.length === 0) return [];
  const { rows } = await pool.query<{ id: ConversationId }>({
    name: 'retention-conversations',
    text: `
      select c.id from conversations c ${cutoff('$1', '$2')}
      cross join lateral (
        select m.posted_at from messages m where ${REMAINING} limit 1
      ) oldest
      where ($3::uuid is null or c.id > $3)
        -- One with a time in the future may be followed by expired ones.
        and (oldest.posted_at < e.time or oldest.posted_at > $4)
      order by c.id limit $5`,
    values: [choices, times, after, new Date(now + AHEAD_MS), limit],
  });
  return rows.map((row) => row.id);
}

/** Returns how long a conversation keeps messages; null when the account is not a member. */
export async function retentionFor(
  pool: pg.Pool,
  account: AccountId,
  conversation: ConversationId,
): Promise<ConversationRetention | null> {
  const { rows } = await pool.query<{ days: number | null }>({
    name: 'retention-of',
    text: `select r.days from memberships m
           left join group_retention r on r.conversation_id = m.conversation_id
           where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation],
  });
  const [row] = rows;
  if (!row) return null;
  const settings = await settingsOf(pool);
  const retention = choiceOf(row.days);
  return {
    days: retentionDays(settings, retention),
    retention,
    serverDays: settings.messageRetentionDays,
    ...choicesOf(settings),
  };
}

/** Counts the messages of a conversation that were posted before a time. */
export async function countBefore(
  pool: pg.Pool,
  conversation: ConversationId,
  time: Date,
): Promise<ExpiredCount> {
  const { rows } = await pool.query<{ messages: number }>({
    name: 'retention-count-in',
    text: `select count(*) filter (where m.posted_at < $2)::int as messages
           from (
             select m.posted_at from (select $1::uuid as id) c, messages m
             where ${REMAINING} limit ${COUNTED_MAX + 1}
           ) m`,
    values: [conversation, time],
  });
  return countOf(rows[0]?.messages ?? 0);
}

/** Counts the messages of all conversations that have expired by these cutoffs. */
export async function countExpired(
  pool: pg.Pool,
  { choices, times }: Cutoffs,
  now: number,
): Promise<ExpiredCount> {
  if (choices.length === 0) return countOf(0);
  const { rows } = await pool.query<{ messages: number }>({
    name: 'retention-count',
    text: `select count(*)::int as messages from (
             select 1 from conversations c ${cutoff('$1', '$2')}
             -- Messages expire in their order: nothing behind the first that is kept has to be read.
             left join lateral (
               select k.seq from (
                 select m.seq, m.posted_at from messages m where ${REMAINING} limit ${COUNTED_MAX + 1}
               ) k
               where k.posted_at between e.time and $3
               order by k.seq limit 1
             ) kept on true
             cross join lateral (
               select from messages m
               where m.seq < coalesce(kept.seq, ${SEQ_MAX}) and m.posted_at < e.time and ${REMAINING}
               limit ${COUNTED_MAX + 1}
             ) expired
             limit ${COUNTED_MAX + 1}
           ) m`,
    values: [choices, times, new Date(now + AHEAD_MS)],
  });
  return countOf(rows[0]?.messages ?? 0);
}

const countOf = (messages: number): ExpiredCount => ({
  messages: Math.min(messages, COUNTED_MAX),
  isMore: messages > COUNTED_MAX,
});
