import type { AccountId, ReadActivityBody } from '@parley/protocol';
import type pg from 'pg';
import { READ_AT } from './activity-sql.ts';
import { hasNotBlocked } from './has-not-blocked.ts';

/**
 * Marks activity items that have no row of their own as read: mentions of everyone, reminders,
 * resolved reports, scheduled messages that were not sent, and new users.
 */

/**
 * Marks kept per account. Beyond that, the oldest are replaced by the time up to which everything
 * counts as read: nothing becomes unread again, and items older than the kept marks count as read.
 */
export const MARKS_MAX = 1_000;

/** Matches the id of an item that has no row of its own. */
const ITEM_ID =
  /^(everyone|reminder|report|scheduled|new_user):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?::(\d{1,15}))?$/;

/**
 * SQL: the items of one kind among the read ones, `i`, that the account has. Each is found by its
 * key.
 */
const itemsOfKind = (kind: string, seq: string, at: string, from: string) => `
  select i.item, least(i.seq, ${seq}) as seq, ${at} as at
  from i ${from}
  where i.kind = '${kind}' and ${at} > ${READ_AT}`;

const FOUND = [
  itemsOfKind(
    'everyone',
    'g.seq',
    'g.posted_at',
    `join memberships m on m.account_id = $1 and m.conversation_id = i.id and m.left_seq is null
     join messages g on g.conversation_id = i.id and g.seq = i.message
       and g.mentions @> '[{"kind": "everyone"}]' and g.author_id <> $1
       and (g.seq > m.read_seq or g.thread is not null and not g.also_in_conversation)`,
  ),
  itemsOfKind(
    'reminder',
    's.seq',
    's.reminded_at',
    'join saved_messages s on s.account_id = $1 and s.conversation_id = i.id and s.message_seq = i.message',
  ),
  itemsOfKind(
    'report',
    '0',
    'r.resolved_at',
    'join reports r on r.id = i.id and r.account_id = $1',
  ),
  itemsOfKind(
    'scheduled',
    's.seq',
    's.failed_at',
    'join scheduled_messages s on s.id = i.id and s.account_id = $1',
  ),
  itemsOfKind(
    'new_user',
    '0',
    'a.created_at',
    `join accounts own on own.id = $1 and own.role <> 'guest'
     join accounts a on a.id = i.id and a.created_at > own.created_at and a.kind = 'user'
       and ${hasNotBlocked('own.id', 'a.id')}`,
  ),
].join('\n  union all');

/** Marks the items that have no row of their own as read. Returns whether any was unread. */
export async function markRead(
  client: pg.ClientBase,
  account: AccountId,
  items: ReadActivityBody['items'],
): Promise<boolean> {
  const marks = items.flatMap(({ id, seq }) => {
    const [, kind, of, message] = ITEM_ID.exec(id) ?? [];
    return kind === undefined || of === undefined
      ? []
      : [{ item: id, kind, of, message: message ?? null, seq }];
  });
  if (marks.length === 0) return false;
  const { rowCount } = await client.query({
    name: 'activity-mark',
    text: `
      with i as materialized (
        select * from unnest($2::text[], $3::text[], $4::uuid[], $5::int8[], $6::int8[])
          i (item, kind, id, message, seq)
      )
      insert into activity_reads (account_id, item, seq, at, read_at)
      select $1, f.item, max(f.seq), max(f.at), now()
      from (${FOUND}) f
      group by f.item
      on conflict (account_id, item) do update
      set seq = excluded.seq, at = excluded.at, read_at = excluded.read_at
      where excluded.seq > activity_reads.seq`,
    values: [
      account,
      marks.map((m) => m.item),
      marks.map((m) => m.kind),
      marks.map((m) => m.of),
      marks.map((m) => m.message),
      marks.map((m) => m.seq),
    ],
  });
  if (!rowCount) return false;
  await replaceOldest(client, account);
  return true;
}

/** Replaces the marks above the limit by the time up to which everything counts as read. */
async function replaceOldest(client: pg.ClientBase, account: AccountId): Promise<void> {
  const { rowCount } = await client.query({
    name: 'activity-marks-to-cursor',
    text: `insert into activity_cursors (account_id, read_at)
           select $1, o.at from (
             select coalesce(at, read_at) as at from activity_reads
             where account_id = $1
             order by coalesce(at, read_at) desc offset ${MARKS_MAX} limit 1) o
           on conflict (account_id) do update
           set read_at = greatest(activity_cursors.read_at, excluded.read_at)`,
    values: [account],
  });
  if (!rowCount) return;
  await client.query({
    name: 'activity-forget-marks',
    text: `delete from activity_reads where account_id = $1 and coalesce(at, read_at) <= ${READ_AT}`,
    values: [account],
  });
}
