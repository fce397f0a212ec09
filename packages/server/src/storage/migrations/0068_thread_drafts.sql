-- Drafts of replies, one for each thread. A table of its own: nodes of the previous version, which run beside new
-- ones during an upgrade, keep saving the drafts of conversations.
create table thread_drafts (
  account_id      uuid not null references accounts (id) on delete cascade,
  conversation_id uuid not null,
  thread          bigint not null,
  body            text not null,
  version         bigint not null,
  updated_at      timestamptz not null,
  primary key (account_id, conversation_id, thread)
);

-- The thread in which a scheduled message is a reply, and whether it is also sent to the conversation.
alter table scheduled_messages
  add column thread bigint,
  add column also_in_conversation boolean not null default false;
