-- When it is looked whether an account has missed messages, to tell of them by email.
create table notification_digests (
  account_id uuid primary key references accounts (id) on delete cascade,
  -- The time of the first decision that no look has passed.
  since      timestamptz not null,
  -- Null: nothing is waiting.
  due_at     timestamptz,
  -- When the last email was stored.
  emailed_at timestamptz
);
create index notification_digests_due on notification_digests (due_at) where due_at is not null;

-- What an email may tell of.
create index notification_decisions_for_email on notification_decisions (account_id, decided_at)
  where email = 'unread';
