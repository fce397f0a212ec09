import type { AccountId, ConversationId, Report, ReportDetails, Seq } from '@parley/protocol';
import type pg from 'pg';
import { isInConversation } from '../messages/history/message-sql.ts';
import { PAGE_BYTES } from '../messages/history/page-bytes.ts';
import { timestamp } from '../storage/sql.ts';

/** Context messages before the reported one, and as many after it. */
const CONTEXT = 5;

const userJson = (alias: string) => `json_build_object(
  'account', ${alias}.id, 'username', ${alias}.username, 'displayName', ${alias}.display_name)`;

const REPORT = `json_build_object(
  'id', r.id,
  'conversation', r.conversation_id,
  'conversationName', c.name,
  'message', r.message_seq,
  'author', ${userJson('a')},
  'reporter', case when b.id is not null then ${userJson('b')} end,
  'reason', r.reason,
  'comment', r.comment,
  'text', r.message_text,
  'files', r.file_names,
  'choices', r.poll_choices,
  'reportedAt', ${timestamp('r.reported_at')},
  'reports', (select count(*) from reports o
              where o.conversation_id = r.conversation_id and o.message_seq = r.message_seq
                and o.resolved_at is null)
)`;
const FROM = `reports r
  join conversations c on c.id = r.conversation_id
  join accounts a on a.id = r.author_id
  left join accounts b on b.id = r.account_id`;

/**
 * Returns a page of the open reports, the oldest first: of one conversation, or of all (null). Without those of
 * the caller's own messages: no one learns who has reported them.
 */
export async function openReports(
  pool: pg.Pool,
  caller: AccountId,
  {
    conversation,
    after,
    limit,
  }: { conversation: ConversationId | null; after: string | null; limit: number },
): Promise<{ items: Report[]; next: string | null }> {
  const { rows } = await pool.query<{ items: Report[]; found: number }>({
    name: 'reports-page',
    // One extra row shows whether there are more.
    text: `select coalesce(json_agg(${REPORT} order by r.id)
                    filter (where p.bytes_before < ${PAGE_BYTES}), '[]') as items,
                  count(*)::int as found
           from (
             select id, sum(octet_length(message_text) + octet_length(comment))
                          over (order by id) - octet_length(message_text) - octet_length(comment)
                        as bytes_before
             from (
               select id, message_text, comment from reports
               where resolved_at is null and author_id <> $1
                 and ($2::uuid is null or conversation_id = $2)
                 and ($3::uuid is null or id > $3)
               order by id limit $4
             ) page
           ) p
           join (${FROM}) on r.id = p.id`,
    values: [caller, conversation, after, limit + 1],
  });
  const items = rows[0]?.items.slice(0, limit) ?? [];
  const hasMore = (rows[0]?.found ?? 0) > items.length;
  return { items, next: hasMore ? (items.at(-1)?.id ?? null) : null };
}

/**
 * Returns an open report with the messages around the reported one; null if there is none with this
 * id that the caller may see. Reports of the caller’s own messages are never returned.
 */
export async function reportDetails(
  pool: pg.Pool,
  caller: AccountId,
  id: string,
): Promise<ReportDetails | null> {
  const { rows } = await pool.query<{ report: Report; thread: Seq | null }>({
    name: 'reports-one',
    text: `select ${REPORT} as report,
                  (select m.thread from messages m
                   where m.conversation_id = r.conversation_id and m.seq = r.message_seq) as thread
           from ${FROM}
           where r.id = $1 and r.resolved_at is null and r.author_id <> $2`,
    values: [id, caller],
  });
  const report = rows[0]?.report;
  if (!report) return null;
  const context = await contextOf(pool, report, rows[0]?.thread ?? null);
  return { report, context };
}

/**
 * Returns the current messages around a reported one: of its thread, or of the conversation outside
 * threads, and none posted after the report.
 */
async function contextOf(
  pool: pg.Pool,
  { conversation, message, reportedAt }: Report,
  thread: Seq | null,
): Promise<ReportDetails['context']> {
  const among = thread === null ? isInConversation('g') : 'g.thread = $5';
  const { rows } = await pool.query<{ item: ReportDetails['context'][number] }>({
    name: thread === null ? 'reports-context' : 'reports-context-in-thread',
    text: `select json_build_object(
             'message', m.seq,
             'author', m.author_id,
             'authorName', a.display_name,
             'body', m.body,
             'postedAt', ${timestamp('m.posted_at')},
             'deleted', m.deleted_at is not null,
             'hidden', m.hidden_at is not null,
             'editedSince', coalesce(m.edited_at > $4, false)
           ) as item
           from (
             (select * from messages g where conversation_id = $1 and seq <= $2 and ${among}
              order by seq desc limit $3 + 1)
             union all
             (select * from messages g
              where conversation_id = $1 and seq > $2 and posted_at <= $4 and ${among}
              order by seq limit $3)
           ) m
           join accounts a on a.id = m.author_id
           order by m.seq`,
    values: [conversation, message, CONTEXT, reportedAt, ...(thread === null ? [] : [thread])],
  });
  return rows.map(({ item }) => item);
}
