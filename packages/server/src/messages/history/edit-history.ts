import type {
  AccountId,
  ConversationId,
  EditHistoryPage,
  MessageVersion,
  Seq,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../../storage/sql.ts';
import { PAGE_BYTES } from './page-bytes.ts';

/** Selects the versions before the event `before`; by default the latest. */
export interface EditHistoryRequest {
  readonly before?: Seq | undefined;
  readonly limit: number;
}

/** Why a request for the versions of a message is refused. */
export type NoEditHistory = 'conversation_not_found' | 'message_not_found';

/**
 * Returns the versions of a message, the latest first, from the events that carried its text. A deleted
 * message has none: its deletion has removed the text from all of them.
 */
export async function editHistory(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  message: Seq,
  { before, limit }: EditHistoryRequest,
): Promise<EditHistoryPage | NoEditHistory> {
  const { rows } = await pool.query<{ exists: boolean; items: MessageVersion[]; found: number }>({
    name: 'messages-edit-history',
    // One extra row shows whether there are more.
    text: `
      select g.seq is not null as exists, versions.items, versions.found
      from memberships m
      left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
      cross join lateral (
        select coalesce(json_agg(json_build_object(
            'seq', e.seq,
            'body', e.data ->> 'body',
            'at', ${timestamp('e.at')}) order by e.seq desc)
            filter (where e.bytes_before < ${PAGE_BYTES}), '[]') as items,
          count(*)::int as found
        from (
          select *, sum(octet_length(data::text)) over (order by seq desc)
                    - octet_length(data::text) as bytes_before
          from (
            (select seq, at, data from events
             where stream_id = g.conversation_id and type = 'message.edited'
               and (data ->> 'message')::int8 = g.seq and seq < $4
             order by seq desc limit $5)
            union all
            (select seq, at, data from events
             where stream_id = g.conversation_id and seq = g.seq and seq < $4)
            order by seq desc limit $5
          ) page
        ) e
        where g.deleted_at is null and g.hidden_at is null
      ) versions
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, message, before ?? Number.MAX_SAFE_INTEGER, limit + 1],
  });
  const [row] = rows;
  if (!row) return 'conversation_not_found';
  if (!row.exists) return 'message_not_found';
  const items = row.items.slice(0, limit);
  return { items, hasOlder: row.found > items.length };
}
