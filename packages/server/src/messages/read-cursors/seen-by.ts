import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type SeenBy,
  type Seq,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { isInConversation } from '../history/message-sql.ts';

/** Why a request for who has seen a message is refused. */
export type SeenByRefusal = 'conversation_not_found' | 'message_not_found' | 'too_many_members';

/**
 * Returns the current members who have seen a message, without its author, by name. A read cursor
 * starts at the end of the stream, which alone does not mean that a member who joined later has
 * seen the message. A reply that is only in a thread is seen by those who have read the thread up
 * to it.
 */
export async function seenBy(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  seq: Seq,
): Promise<SeenBy[] | SeenByRefusal> {
  const { rows } = await pool.query<{ exists: boolean; small: boolean; items: SeenBy[] }>({
    name: 'messages-seen-by',
    text: `
      select g.seq is not null as exists, c.member_count <= $4 as small,
        case when c.member_count <= $4 then (
          select coalesce(json_agg(json_build_object(
                   'account', a.id,
                   'username', a.username,
                   'displayName', a.display_name) order by lower(a.display_name), a.id), '[]')
          from memberships r
          join accounts a on a.id = r.account_id
          where r.conversation_id = c.id and r.left_seq is null
            and r.account_id <> g.author_id
            and case when ${isInConversation()} then r.read_seq >= g.seq
              else exists (select from thread_cursors t
                           where t.account_id = r.account_id and t.conversation_id = c.id
                             and t.thread = g.thread and t.read_seq >= g.seq) end
            and exists (select from memberships p
                        where p.conversation_id = c.id and p.account_id = r.account_id
                          and p.joined_seq < g.seq)
        ) end as items
      from memberships m
      join conversations c on c.id = m.conversation_id
      left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, seq, LIMITS.receiptsMembers],
  });
  const [row] = rows;
  if (!row) return 'conversation_not_found';
  if (!row.exists) return 'message_not_found';
  return row.small ? row.items : 'too_many_members';
}
