-- Replies in threads. `thread` is the seq of the root of the thread; null for messages outside of threads. A
-- reply is shown in its thread, and with `also_in_conversation` among the messages of the conversation too.
alter table messages
  add column thread bigint,
  add column also_in_conversation boolean not null default false;
-- Has no entry for messages outside of threads: they cost nothing here.
create index messages_of_thread on messages (conversation_id, thread, seq) where thread is not null;

-- The thread of the message that mentions the account; null if it is in none. The root of a thread with
-- replies is in its thread.
alter table mentions add column thread bigint;
create index mentions_in_threads on mentions (account_id, conversation_id, thread, message_seq)
  where thread is not null;

-- The accounts that wrote the root of a thread with replies, or a reply: a projection of message.posted. They
-- follow the thread. Like other tables of messages it has no foreign keys.
create table thread_participants (
  account_id      uuid not null,
  conversation_id uuid not null,
  thread          bigint not null,
  -- The first message of the account in the thread.
  seq             bigint not null,
  primary key (account_id, conversation_id, thread)
);

-- What accounts have chosen themselves: a projection of thread.followed and thread.unfollowed in personal
-- streams.
create table thread_follows (
  account_id      uuid not null,
  conversation_id uuid not null,
  thread          bigint not null,
  is_following    boolean not null,
  -- The replies up to this seq of the conversation count as read.
  since           bigint,
  -- The event of the personal stream.
  seq             bigint not null,
  primary key (account_id, conversation_id, thread)
);

-- How far accounts have read the threads that they follow. State, not events, like the read cursors of
-- conversations, and with the same versions.
create table thread_cursors (
  account_id      uuid not null references accounts (id) on delete cascade,
  conversation_id uuid not null,
  thread          bigint not null,
  read_seq        bigint not null,
  primary key (account_id, conversation_id, thread)
);
