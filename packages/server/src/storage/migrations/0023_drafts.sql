-- Drafts of messages, the same on all devices of an account. State, not events: the version of a draft is the
-- read version of the account when it was saved, so clients notice a change that they missed.
create table drafts (
  account_id      uuid not null references accounts (id) on delete cascade,
  conversation_id uuid not null,
  body            text not null,
  version         bigint not null,
  updated_at      timestamptz not null,
  primary key (account_id, conversation_id)
);
