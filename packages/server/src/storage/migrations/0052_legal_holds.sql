-- Legal holds: what the messages of accounts and of conversations said is kept while one lasts, whoever deletes them.
-- Only owners read it. Nothing of it is in any event.
create table legal_holds (
  -- The client id of the request: a retry finds it.
  id           uuid primary key,
  name         text not null,
  reason       text not null,
  -- Only messages that were posted in this period; null: without a beginning or an end.
  posted_since timestamptz,
  posted_until timestamptz,
  created_by   uuid not null references accounts (id),
  created_at   timestamptz not null,
  released_by  uuid references accounts (id),
  released_at  timestamptz,
  -- When everything that was kept for it had been deleted.
  purged_at    timestamptz
);
create index legal_holds_active on legal_holds (id) where released_at is null;
create index legal_holds_to_purge on legal_holds (id) where released_at is not null and purged_at is null;

create table legal_hold_accounts (
  hold_id    uuid not null references legal_holds (id),
  account_id uuid not null,
  primary key (hold_id, account_id)
);
create table legal_hold_conversations (
  hold_id         uuid not null references legal_holds (id),
  conversation_id uuid not null,
  primary key (hold_id, conversation_id)
);

-- The events that carried the texts of deleted messages, as they were before the deletion redacted them.
create table held_events (
  hold_id   uuid not null,
  stream_id uuid not null,
  seq       bigint not null,
  data      json not null,
  primary key (hold_id, stream_id, seq)
);
-- Their files, which no message refers to any more.
create table held_files (
  hold_id uuid not null,
  file_id uuid not null,
  primary key (hold_id, file_id)
);
create index held_files_by_file on held_files (file_id);
-- The names of deleted accounts.
create table held_names (
  hold_id      uuid not null,
  account_id   uuid not null,
  username     text not null,
  display_name text not null,
  primary key (hold_id, account_id)
);

-- held: no message refers to it, and a legal hold keeps it.
alter table files drop constraint files_state_check;
alter table files add constraint files_state_check check (state in ('stored', 'held', 'deleting'));
create index files_held on files (id) where state = 'held';
