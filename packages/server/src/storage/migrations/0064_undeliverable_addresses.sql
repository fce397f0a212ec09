-- Accounts whose email address the SMTP server has permanently rejected as a recipient. No emails about missed messages
-- are sent to it until it is changed or confirmed, which deletes the row.
create table undeliverable_addresses (
  account_id uuid primary key references accounts (id) on delete cascade,
  failed_at  timestamptz not null,
  -- The answer of the SMTP server, for the user.
  error      text not null
);
