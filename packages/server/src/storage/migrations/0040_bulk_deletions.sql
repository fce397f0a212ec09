-- Deletions of all messages of an account that admins have requested, and how far they are. The messages are
-- deleted with events, in batches; a row stays as a record, without any text.
create table bulk_deletions (
  -- The client id of the request: a retry finds it.
  id              uuid primary key,
  account_id      uuid not null references accounts (id),
  requested_by    uuid not null references accounts (id),
  requested_at    timestamptz not null,
  -- Messages posted before it are kept; null: none.
  posted_since    timestamptz,
  -- Counted in the transactions that delete.
  deleted         bigint not null default 0,
  -- Where a node continues: messages of earlier conversations, and up to this seq, are done.
  conversation_id uuid,
  after_seq       bigint not null default 0,
  -- One node works on it until then.
  claimed_by      uuid,
  claimed_until   timestamptz,
  done_at         timestamptz
);
create unique index bulk_deletions_running on bulk_deletions (account_id) where done_at is null;
create index bulk_deletions_of_account on bulk_deletions (account_id, requested_at);
