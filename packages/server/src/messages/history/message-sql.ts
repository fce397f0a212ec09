import { LIMITS } from '@parley/protocol';
import { timestamp } from '../../storage/sql.ts';

/** A message as JSON, built by the database, which is cheaper than sending and parsing columns. */

/** SQL: the fields of the message `g` that are columns of its row. */
const FIELDS = `
  'conversation', g.conversation_id,
  'seq', g.seq,
  'author', g.author_id,
  'body', g.body,
  'postedAt', ${timestamp('g.posted_at')},
  'editedAt', ${timestamp('g.edited_at')},
  'deletedAt', ${timestamp('g.deleted_at')},
  'hiddenAt', ${timestamp('g.hidden_at')},
  'changedSeq', g.changed_seq`;

/**
 * SQL: the reactions of the message `g`, emoji in the order in which they came to the message: one keeps its place when
 * the first account removes it and others still have it.
 */
const REACTIONS = `(
  select coalesce(json_agg(json_build_object('emoji', r.emoji, 'accounts', r.accounts)
                           order by r.first), '[]')
  from (
    select emoji, json_agg(account_id order by seq) as accounts, min(coalesce(first_seq, seq)) as first
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

/** SQL: the message that `g` forwards; null if it forwards none. */
const FORWARDED_FROM = `(
  select p.forwarded_from from message_parts p
  where p.conversation_id = g.conversation_id and p.message_seq = g.seq
)`;

/**
 * SQL: the poll of the message `g` with its votes; null if it has none. It names a few accounts for each
 * choice, and `$1`, the reader: a poll in a large group would have megabytes otherwise.
 */
const POLL = `(
  select json_build_object(
    'choices', (
      select json_agg(json_build_object('text', c.text, 'votes', coalesce(v.votes, 0),
                                        'accounts', coalesce(v.accounts, '[]')) order by c.n)
      from jsonb_array_elements_text(p.poll -> 'choices') with ordinality c (text, n)
      left join (
        select n, count(*)::int as votes, json_agg(account_id order by seq)
            filter (where place <= ${LIMITS.pollAccounts} or account_id = $1) as accounts
        from (
          select n, v.account_id, v.seq, row_number() over (partition by n order by v.seq) as place
          from poll_votes v cross join unnest(v.choices) n
          where v.conversation_id = g.conversation_id and v.message_seq = g.seq) placed
        group by n) v on v.n = c.n - 1),
    'voters', (
      select count(*)::int from poll_votes v
      where v.conversation_id = g.conversation_id and v.message_seq = g.seq),
    'isMultiple', p.poll -> 'isMultiple',
    'endsAt', p.poll -> 'endsAt',
    'closedAt', ${timestamp('p.closed_at')})
  from message_parts p
  where p.conversation_id = g.conversation_id and p.message_seq = g.seq and p.poll is not null
)`;

/** SQL: the link previews of the message `g` that were not removed, in order. */
const PREVIEWS = `(
  select coalesce(json_agg(l.preview order by l.position), '[]')
  from link_previews l
  where l.conversation_id = g.conversation_id and l.message_seq = g.seq and l.preview is not null
)`;

/**
 * SQL: whether the message `g` is shown among the messages of its conversation, and counted as unread there:
 * all but replies in threads that were not also sent to the conversation.
 */
export const isInConversation = (g = 'g') => `(${g}.thread is null or ${g}.also_in_conversation)`;

/** SQL: the `ThreadSummary` of the message `g`; null if it has no replies that are left. */
const THREAD_SUMMARY = `(
  select json_build_object(
    'replies', t.replies,
    'lastReplySeq', t.last_reply_seq,
    'lastReplyAt', ${timestamp('t.last_reply_at')},
    'authors', to_json(t.authors))
  from threads t
  where t.conversation_id = g.conversation_id and t.thread = g.seq
)`;

/** SQL: the files of the message `g`, in order. */
const ATTACHMENTS = `(
  select coalesce(json_agg(a.file order by a.position), '[]')
  from attachments a
  where a.conversation_id = g.conversation_id and a.message_seq = g.seq
)`;

/** SQL: the message `g`, a row of `messages`, as a `Message` for the account `$1`. */
export const MESSAGE = `json_build_object(${FIELDS},
  'replyTo', g.reply_to,
  'thread', g.thread,
  'alsoInConversation', g.also_in_conversation,
  'threadSummary', ${THREAD_SUMMARY},
  'mentions', coalesce(g.mentions, '[]'),
  'attachments', ${ATTACHMENTS},
  'reactions', ${REACTIONS},
  'forwardedFrom', ${FORWARDED_FROM},
  'poll', ${POLL},
  'previews', ${PREVIEWS},
  'pinned', ${PINNED}
)`;

/**
 * SQL: the approximate size in bytes of a message read as {@link MESSAGE}: text, mentions, files,
 * link previews and poll. The sizes of text and mentions are known without reading values that are
 * stored out of line.
 */
export const messageBytes = (g: string) => `(
  octet_length(${g}.body) + coalesce(pg_column_size(${g}.mentions), 0)
  + (select coalesce(sum(octet_length(a.file::text)), 0)::int from attachments a
     where a.conversation_id = ${g}.conversation_id and a.message_seq = ${g}.seq)
  + (select coalesce(sum(octet_length(l.preview::text)), 0)::int from link_previews l
     where l.conversation_id = ${g}.conversation_id and l.message_seq = ${g}.seq)
  + (select coalesce(sum(octet_length(p.poll::text)), 0)::int from message_parts p
     where p.conversation_id = ${g}.conversation_id and p.message_seq = ${g}.seq)
)`;
