import { LIMITS } from '@parley/protocol';
import { isInConversation } from '../history/message-sql.ts';

/** SQL: whether the message `g` mentions everyone. An index has these messages. */
const TO_EVERYONE = `g.mentions @> '[{"kind": "everyone"}]'`;

/**
 * SQL: the `seq` of the messages after `readSeq` that mention the account or everyone, at most the last `limits.unreadMax`
 * of each kind, without replies that are only in threads. With `union all`, a message of both kinds is there twice.
 */
export const unreadMentionRows = (
  conversation: string,
  account: string,
  readSeq: string,
  union: 'union' | 'union all',
) =>
  `(select n.message_seq as seq from mentions n
       where n.account_id = ${account} and n.conversation_id = ${conversation}
         and n.message_seq > ${readSeq}
         -- Most mentions are in no thread, and need no look at their message.
         and (n.thread is null or exists (
           select from messages g
           where g.conversation_id = n.conversation_id and g.seq = n.message_seq
             and ${isInConversation()}))
       order by n.message_seq desc limit ${LIMITS.unreadMax})
      ${union}
      (select g.seq from messages g
       where g.conversation_id = ${conversation} and g.seq > ${readSeq} and ${TO_EVERYONE}
         and g.author_id <> ${account} and ${isInConversation()}
       order by g.seq desc limit ${LIMITS.unreadMax})`;

/**
 * SQL: the seqs of the messages after `readSeq` that mention the account or everyone, as a JSON array in
 * order, at most the last `limits.unreadMax`, without replies that are only in threads. Computed on every read, like the number of unread messages.
 */
export const unreadMentions = (conversation: string, account: string, readSeq: string) =>
  `(select coalesce(json_agg(seq order by seq), '[]') from (
      ${unreadMentionRows(conversation, account, readSeq, 'union')}
      order by seq desc
      limit ${LIMITS.unreadMax}
    ) mentioned)`;
