/** SQL: what legal holds retain, for the domains that delete messages and files. */

/** SQL expressions of a message. */
interface MessageColumns {
  readonly conversation: string;
  readonly author: string;
  readonly postedAt: string;
}

/**
 * SQL: whether the legal hold `h` is in force and covers a message: one of its conversations, of its accounts, or
 * of a direct conversation of its accounts.
 */
export const isCovered = (
  h: string,
  { conversation, author, postedAt }: MessageColumns,
): string => `(
  ${h}.released_at is null
  and (${h}.posted_since is null or ${postedAt} >= ${h}.posted_since)
  and (${h}.posted_until is null or ${postedAt} < ${h}.posted_until)
  and (exists (select from legal_hold_conversations hc
               where hc.hold_id = ${h}.id and hc.conversation_id = ${conversation})
    or exists (select from legal_hold_accounts ha
               where ha.hold_id = ${h}.id and ha.account_id = ${author})
    or case when (select hd.kind from conversations hd where hd.id = ${conversation}) = 'direct' then
         exists (select from memberships hm
                 join legal_hold_accounts ha on ha.account_id = hm.account_id
                 where hm.conversation_id = ${conversation} and ha.hold_id = ${h}.id)
       end))`;

/** SQL: whether the legal hold `h` is in force and covers `m`, a row of `messages`. */
export const isMessageCovered = (h: string, m: string): string =>
  isCovered(h, {
    conversation: `${m}.conversation_id`,
    author: `${m}.author_id`,
    postedAt: `${m}.posted_at`,
  });

/**
 * SQL: whether a legal hold keeps the file `f`, a row of `files`, even if no one can read its
 * messages anymore.
 */
export const isFileHeld = (f: string): string => `(
  exists (select from held_files k where k.file_id = ${f}.id)
  or exists (
    select from attachments a
    join messages m on m.conversation_id = a.conversation_id and m.seq = a.message_seq
    join legal_holds h on ${isMessageCovered('h', 'm')}
    where a.file_id = ${f}.id)
  or exists (
    select from hidden_messages g
    join messages m on m.conversation_id = g.conversation_id and m.seq = g.message_seq
    join legal_holds h on ${isMessageCovered('h', 'm')}
    where g.file_ids @> array[${f}.id]))`;
