import { LIMITS } from '@parley/protocol';

/** SQL: whether the message `g` mentions everyone. An index has these messages. */
const TO_EVERYONE = `g.mentions @> '[{"kind": "everyone"}]'`;

/**
 * SQL: the seqs of the messages after `readSeq` that mention the account or everyone, as a JSON array in
 * order, at most the last `limits.unreadMax`. Computed on every read, like the number of unread messages.
 */
export const unreadMentions = (conversation: string, account: string, readSeq: string) =>
  `(select coalesce(json_agg(seq order by seq), '[]') from (
      (select message_seq as seq from mentions
       where account_id = ${account} and conversation_id = ${conversation}
         and message_seq > ${readSeq}
       order by message_seq desc limit ${LIMITS.unreadMax})
      union
      (select g.seq from messages g
       where g.conversation_id = ${conversation} and g.seq > ${readSeq} and ${TO_EVERYONE}
         and g.author_id <> ${account}
       order by g.seq desc limit ${LIMITS.unreadMax})
      order by seq desc
      limit ${LIMITS.unreadMax}
    ) mentioned)`;
