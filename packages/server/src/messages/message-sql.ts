import { timestamp } from '../storage/sql.ts';

/** A message as JSON, built by the database: which is cheaper than sending and parsing columns. */

/** The characters of a message that lists of conversations contain. */
const LAST_MESSAGE_CHARACTERS = 1_000;

/** SQL: the fields of the message `g` that are columns of its row, with this expression as its body. */
const fields = (body: string) => `
  'conversation', g.conversation_id,
  'seq', g.seq,
  'author', g.author_id,
  'body', ${body},
  'postedAt', ${timestamp('g.posted_at')},
  'editedAt', ${timestamp('g.edited_at')},
  'deletedAt', ${timestamp('g.deleted_at')},
  'changedSeq', g.changed_seq`;

/** SQL: the reactions of the message `g`, emoji in the order of their first use. */
const REACTIONS = `(
  select coalesce(json_agg(json_build_object('emoji', r.emoji, 'accounts', r.accounts)
                           order by r.first), '[]')
  from (
    select emoji, json_agg(account_id order by seq) as accounts, min(seq) as first
    from reactions
    where conversation_id = g.conversation_id and message_seq = g.seq
    group by emoji
  ) r
)`;

/** SQL: the pin of the message `g`; null if it is not pinned. */
const PINNED = `(
  select json_build_object('by', p.pinned_by, 'at', ${timestamp('p.pinned_at')})
  from pins p
  where p.conversation_id = g.conversation_id and p.message_seq = g.seq
)`;

/** SQL: the message `g`, a row of `messages`, as a `Message`. */
export const MESSAGE = `json_build_object(${fields('g.body')},
  'replyTo', g.reply_to,
  'mentions', coalesce(g.mentions, '[]'),
  'reactions', ${REACTIONS},
  'pinned', ${PINNED}
)`;

/**
 * SQL: the message `g` as in lists of conversations, which show neither reactions, pins, quotes nor
 * mentions, and only the start of the text: an account may have thousands of conversations.
 */
export const LAST_MESSAGE = `json_build_object(${fields(`left(g.body, ${LAST_MESSAGE_CHARACTERS})`)})`;
