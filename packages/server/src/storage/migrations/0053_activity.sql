-- What concerned accounts, for the lists of their activity. It is found after the commit, by the worker that decides
-- about notifications and in the transaction of its progress. What concerns everyone alike has no rows here:
-- mentions of everyone and new users are read from where they are.
create table activity_items (
  account_id      uuid not null,
  kind            text not null,
  conversation_id uuid not null,
  -- The message that it is about: of replies the root of the thread; of a member who was added the event.
  message_seq     bigint not null,
  -- The last event that it stands for, by whom, and when.
  seq             bigint not null,
  actor_id        uuid not null,
  at              timestamptz not null,
  is_read         boolean not null default false,
  primary key (account_id, kind, conversation_id, message_seq)
);
create index activity_items_list on activity_items (account_id, at desc);
create index activity_items_by_time on activity_items (at);

-- Up to when everything counts as read that has no row above.
create table activity_cursors (
  account_id uuid primary key references accounts (id) on delete cascade,
  read_at    timestamptz not null
);
-- Items without a row above that were read one by one since then.
create table activity_reads (
  account_id uuid not null references accounts (id) on delete cascade,
  item       text not null,
  seq        bigint not null,
  read_at    timestamptz not null,
  primary key (account_id, item)
);
create index activity_reads_by_time on activity_reads (read_at);

-- Users by when they registered.
create index accounts_by_registration on accounts (created_at);
