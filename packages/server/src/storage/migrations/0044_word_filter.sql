-- The words that messages may not contain, or that are reported: one row, for the admins alone. It is in no
-- event, because every account receives the events of the server.
create table word_filter (
  id         boolean primary key default true check (id),
  words      jsonb not null default '[]',
  -- Counts the changes: an admin who edits an old list does not overwrite a newer one.
  revision   bigint not null default 0,
  changed_at timestamptz
);
insert into word_filter default values;

-- Commands whose messages have a flagged word, until a report of the message is made.
create table word_flags (
  actor_id   uuid not null,
  client_id  uuid not null,
  -- The entry of the filter.
  word       text not null,
  flagged_at timestamptz not null,
  primary key (actor_id, client_id)
);
create index word_flags_by_time on word_flags (flagged_at);

-- A report without an account is made by the word filter; one of a message is open at a time.
alter table reports alter column account_id drop not null;
create unique index reports_by_word_filter on reports (conversation_id, message_seq)
  where account_id is null and resolved_at is null;
