import { LIMITS } from '@parley/protocol';

/**
 * SQL: how many messages of others come after `readSeq` and are not deleted, counted up to
 * `limits.unreadMax`. Always computed, never kept: a counter that is kept can stick. The order
 * matters to nobody but the planner: without it, it may read the whole table for a large group.
 */
export const unread = (conversation: string, account: string, readSeq: string) =>
  `(select count(*)::int from (
      select from messages g
      where g.conversation_id = ${conversation} and g.seq > ${readSeq}
        and g.author_id <> ${account} and g.deleted_at is null
      order by g.seq
      limit ${LIMITS.unreadMax}
    ) counted)`;
