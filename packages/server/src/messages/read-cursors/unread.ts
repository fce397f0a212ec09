import { LIMITS } from '@parley/protocol';
import { isInConversation } from '../history/message-sql.ts';

/**
 * SQL: the number of messages by other accounts after `readSeq` that are not deleted, up to
 * `limits.unreadMax`; without replies that are only in threads. It is computed on every read, because a stored counter can drift. `order by` is
 * for the planner, which may otherwise read the whole table for a large group.
 */
export const unread = (conversation: string, account: string, readSeq: string) =>
  `(select count(*)::int from (
      select from messages g
      where g.conversation_id = ${conversation} and g.seq > ${readSeq}
        and g.author_id <> ${account} and g.deleted_at is null and ${isInConversation()}
      order by g.seq
      limit ${LIMITS.unreadMax}
    ) counted)`;
