-- Accounts that a public server can be run with: verified addresses, one-time codes and links,
-- invitations, mail that is kept until it is sent, limits that hold across nodes and restarts.

alter table accounts
  add column first_name text,
  add column last_name text,
  add column phone text,
  -- When the address was proven to be the account's own.
  add column verified_at timestamptz,
  -- The username by its looks (Unicode TR 39): two that look alike have the same. Not unique:
  -- accounts from before the rule may have the same.
  add column username_skeleton text,
  -- Counts changes of what the account logs in with. A log-in that was begun with the password of
  -- before ends in no session.
  add column credentials_version integer not null default 0;
create index accounts_by_skeleton on accounts (username_skeleton);

-- What is given away once and brought back once: the ticket of a log-in that is not finished, the
-- link of a mail, a registration that waits for its code.
create table one_time_secrets (
  id              uuid primary key,
  purpose         text not null,
  -- SHA-256 of the 256 random bits that the other side holds; those are nowhere.
  token_hash      bytea not null unique,
  account_id      uuid references accounts (id) on delete cascade,
  -- The address it is about, as addresses are compared.
  subject         text,
  -- The short code that was mailed for it, as a keyed hash: six digits alone would be guessed.
  code_hash       bytea,
  code_expires_at timestamptz,
  -- When the code was last mailed.
  code_sent_at    timestamptz,
  -- Wrong answers so far.
  tries           integer not null default 0,
  data            json not null,
  created_at      timestamptz not null,
  expires_at      timestamptz not null,
  used_at         timestamptz
);
create index one_time_secrets_by_account on one_time_secrets (account_id, purpose);
create index one_time_secrets_by_subject on one_time_secrets (subject, purpose);
create index one_time_secrets_by_end on one_time_secrets (expires_at);

create table invitations (
  id         uuid primary key,
  token_hash bytea not null unique,
  -- For this address only; null for whoever has the link.
  email      text,
  email_key  text,
  max_uses   integer not null check (max_uses > 0),
  uses       integer not null default 0 check (uses <= max_uses),
  created_by uuid references accounts (id) on delete set null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);

-- Mail that has to go out, stored with what it tells of. Kept for a while after it has gone, without
-- its words, so that an admin sees what became of it.
create table mails (
  -- Also its Message-ID: a mail that is sent twice is one mail.
  id          uuid primary key,
  purpose     text not null,
  account_id  uuid references accounts (id) on delete set null,
  recipient   text not null,
  subject     text not null,
  -- The words, encrypted with the server's secret as they may hold a code or a link; null once sent.
  sealed      bytea,
  created_at  timestamptz not null,
  -- After this it says nothing any more, and is not sent.
  expires_at  timestamptz not null,
  next_try_at timestamptz,
  tries       integer not null default 0,
  sent_at     timestamptz,
  failed_at   timestamptz,
  last_error  text
);
create index mails_due on mails (next_try_at) where next_try_at is not null;
create index mails_by_time on mails (created_at);

-- Counted attempts and locks, in the shape of rate-limiter-flexible. Names that belong to nobody
-- are in the keys as hashes only.
create table attempts (
  key    text primary key,
  points integer not null default 0,
  -- Milliseconds since 1970.
  expire bigint
);
create index attempts_by_expire on attempts (expire);

-- Session tokens are rotated: each has one successor, which whoever lost the answer gets once more.
alter table sessions
  add column previous_hash bytea,
  -- The successor of the previous token, encrypted with that token.
  add column successor_box bytea,
  add column rotated_at timestamptz;
-- Tokens have another form from here on: everybody logs in once more.
delete from sessions;

-- From when on a key signs: it is published before, so that others know it already.
alter table signing_keys add column signs_from timestamptz;
update signing_keys set signs_from = created_at;
alter table signing_keys alter column signs_from set not null;
