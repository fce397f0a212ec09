import type { AccountId, SavedMessage, SavedMessagesPage, Seq } from '@parley/protocol';
import type { Pool } from 'pg';
import { MESSAGE, messageBytes } from '../messages/history/message-sql.ts';
import { PAGE_BYTES } from '../messages/history/page-bytes.ts';
import { timestamp } from '../storage/sql.ts';
import type { DueReminder } from './saved-commands.ts';

/**
 * Returns a page of the saved messages, the last saved first. Messages that the account may no
 * longer see are null; it can still remove them.
 */
export async function savedMessages(
  pool: Pool,
  account: AccountId,
  { before, limit }: { before?: Seq | undefined; limit: number },
): Promise<SavedMessagesPage> {
  const { rows } = await pool.query<{ item: SavedMessage; found: number }>({
    name: 'saved-list',
    // One extra row shows whether there are more. `bytes_before` is the size of the messages before
    // it.
    text: `
      select s.found, json_build_object(
        'conversation', s.conversation_id,
        'seq', s.message_seq,
        'savedSeq', s.saved_seq,
        'savedAt', ${timestamp('s.saved_at')},
        'remindAt', ${timestamp('s.remind_at')},
        'remindedAt', ${timestamp('s.reminded_at')},
        'message', case when g.seq is not null then ${MESSAGE} end) as item
      from (
        select s.*, m.conversation_id as visible_id, count(*) over ()::int as found,
          coalesce(sum(${messageBytes('g')}) over (
            order by s.saved_seq desc rows between unbounded preceding and 1 preceding), 0)
            as bytes_before
        from (
          select * from saved_messages
          where account_id = $1 and saved_seq < $2
          order by saved_seq desc
          limit $3
        ) s
        left join memberships m
          on m.account_id = s.account_id and m.conversation_id = s.conversation_id
          and m.left_seq is null
        left join messages g on g.conversation_id = m.conversation_id and g.seq = s.message_seq
      ) s
      left join messages g on g.conversation_id = s.visible_id and g.seq = s.message_seq
      where s.bytes_before < ${PAGE_BYTES}
      order by s.saved_seq desc`,
    values: [account, before ?? Number.MAX_SAFE_INTEGER, limit + 1],
  });
  const items = rows.slice(0, limit).map((row) => row.item);
  return { items, hasOlder: (rows[0]?.found ?? 0) > items.length };
}

/** Returns reminders that are due, the longest due first. */
export async function dueReminders(pool: Pool, now: Date, limit: number): Promise<DueReminder[]> {
  const { rows } = await pool.query<DueReminder>({
    name: 'saved-due',
    text: `select account_id as account, conversation_id as conversation, message_seq as message,
             seq as saved
           from saved_messages where remind_at <= $1 order by remind_at limit $2`,
    values: [now, limit],
  });
  return rows;
}
