-- Up to which event it was decided, for each conversation, who is notified. It is moved in the transaction that stores
-- the decisions. What was posted before this migration notifies no one.
create table notification_progress (
  conversation_id uuid primary key,
  seq             bigint not null
) with (fillfactor = 50);
insert into notification_progress (conversation_id, seq)
select id, last_seq from streams where kind = 'conversation';

-- What was decided for whom, kept for 30 days: of direct messages, mentions by name, keywords, and replies in threads,
-- for those whom they concern. All other decisions follow from the log and the versions of the settings.
create table notification_decisions (
  account_id      uuid not null,
  conversation_id uuid not null,
  message_seq     bigint not null,
  decided_at      timestamptz not null,
  reason          text not null,
  badge           boolean not null,
  in_app          boolean not null,
  -- What became of a push and of an email that were decided; null: none was.
  push            text,
  email           text,
  primary key (account_id, conversation_id, message_seq)
);
create index notification_decisions_by_time on notification_decisions (decided_at);

-- Those whom a reply in a thread may concern.
create index thread_participants_of_thread on thread_participants (conversation_id, thread);
create index thread_follows_of_thread on thread_follows (conversation_id, thread);
create index mentions_of_thread on mentions (conversation_id, thread) where thread is not null;
create index notification_changes_of_thread on notification_changes (conversation_id, thread)
  where thread is not null;

-- The current version of each setting, however many there were before. An override that was removed has none.
alter table notification_changes add column is_current boolean not null default false;
update notification_changes v set is_current = true
where settings <> '{"level": null, "muted": null}'
  and not exists (
    select from notification_changes later
    where later.account_id = v.account_id and later.seq > v.seq
      and later.conversation_id is not distinct from v.conversation_id
      and later.thread is not distinct from v.thread);
create index notification_changes_current
  on notification_changes (account_id, conversation_id, thread) where is_current;
