-- What the roots of threads show of the replies that are left: a projection of message.posted and
-- message.deleted. A thread without replies has no row. Like other tables of messages it has no foreign keys.
create table threads (
  conversation_id uuid not null,
  -- The seq of the root.
  thread          bigint not null,
  replies         integer not null,
  last_reply_seq  bigint not null,
  last_reply_at   timestamptz not null,
  -- The authors of the latest replies, the latest first.
  authors         uuid[] not null,
  primary key (conversation_id, thread)
);

-- The replies that are left, for the summary after a deletion and for unread replies.
create index messages_left_in_thread on messages (conversation_id, thread, seq)
  include (author_id, posted_at)
  where thread is not null and deleted_at is null;

insert into threads (conversation_id, thread, replies, last_reply_seq, last_reply_at, authors)
select conversation_id, thread, sum(replies), max(last_seq),
  (array_agg(last_at order by last_seq desc))[1], (array_agg(author_id order by last_seq desc))[1:3]
from (
  select conversation_id, thread, author_id, count(*) as replies, max(seq) as last_seq,
    (array_agg(posted_at order by seq desc))[1] as last_at
  from messages
  where thread is not null and deleted_at is null
  group by conversation_id, thread, author_id
) a
group by conversation_id, thread;
