-- Accounts whose direct messages an account does not accept.
create table blocks (
  account_id uuid not null references accounts (id),
  blocked_id uuid not null references accounts (id),
  blocked_at timestamptz not null,
  seq        bigint not null,
  primary key (account_id, blocked_id)
);
