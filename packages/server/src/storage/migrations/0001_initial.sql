-- The ground floor: streams and their events, accounts, conversations, messages.
--
-- An event is the truth; messages, memberships, reactions and conversations are projections of
-- events, changed in the same transaction and rebuildable from them (parley doctor).

-- One row for this database. The epoch is made with the database, and anew when a backup is
-- restored: a client whose cursor names another epoch starts over instead of seeing a silent gap.
create table server_state (
  singleton  boolean primary key default true check (singleton),
  epoch      uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now()
);
insert into server_state default values;

-- A stream counts its events 1, 2, 3 … without a gap. Its row lock, held to the commit, is what
-- makes the order of seqs the order of commits. A conversation's stream has the conversation's id,
-- a personal stream its account's id.
create table streams (
  id       uuid primary key,
  kind     text not null check (kind in ('conversation', 'personal', 'workspace')),
  last_seq bigint not null default 0,
  -- Time of the last event: an event is never dated before the one it follows.
  last_at  timestamptz not null default 'epoch'
) with (fillfactor = 50);
-- The row changes with each batch: half-filled pages keep those updates on the same page (HOT).

insert into streams (id, kind) values ('00000000-0000-7000-8000-000000000001', 'workspace');

create table events (
  stream_id uuid not null,
  seq       bigint not null check (seq > 0),
  type      text not null,
  actor_id  uuid not null,
  -- The id of the command that made the event. A command that makes several events gives its id
  -- to the first of them only.
  client_id uuid,
  at        timestamptz not null,
  -- Text of the data as it goes over the wire: it is copied into frames without being parsed.
  data      json not null,
  primary key (stream_id, seq)
);
-- For ever: a retry after a year finds its first event.
create unique index events_command on events (actor_id, client_id) where client_id is not null;

-- Commands that were accepted and had nothing to change (a reaction that was there already):
-- their retries must find the same answer too.
create table unchanged_commands (
  actor_id  uuid not null,
  client_id uuid not null,
  stream_id uuid not null,
  seq       bigint not null,
  primary key (actor_id, client_id)
);

create table accounts (
  id            uuid primary key,
  username      text not null,
  -- The username as it is compared: NFKC, case folded.
  username_key  text not null unique,
  display_name  text not null,
  email         text not null,
  email_key     text not null unique,
  password_hash text,
  role          text not null default 'member' check (role in ('owner', 'admin', 'member')),
  is_active     boolean not null default true,
  -- Counts the moves of this account's read cursors, so that a lost signal shows as a hole.
  read_version  bigint not null default 0,
  created_at    timestamptz not null
) with (fillfactor = 80);
-- Each move of a read cursor changes the row: room on the page keeps the indexes out of it (HOT).
create index accounts_by_name on accounts (lower(display_name), id);

create table sessions (
  id           uuid primary key,
  account_id   uuid not null references accounts (id) on delete cascade,
  -- SHA-256 of the token; the token itself is nowhere.
  token_hash   bytea not null unique,
  device       text not null,
  address      text not null,
  created_at   timestamptz not null,
  last_used_at timestamptz not null,
  expires_at   timestamptz not null
);
create index sessions_by_account on sessions (account_id);

create table signing_keys (
  kid         text primary key,
  public_jwk  json not null,
  -- PKCS #8, encrypted with the server's secret.
  private_pem text not null,
  created_at  timestamptz not null,
  retired_at  timestamptz
);

create table conversations (
  id           uuid primary key references streams (id),
  kind         text not null check (kind in ('direct', 'group')),
  visibility   text not null check (visibility in ('public', 'private')),
  name         text,
  -- For direct conversations: both account ids in order, joined. The same two people always get
  -- the same conversation.
  direct_key   text unique,
  -- The group that every account is in.
  is_everyone  boolean not null default false,
  member_count integer not null default 0,
  created_by   uuid not null,
  created_at   timestamptz not null,
  deleted_at   timestamptz,
  check ((kind = 'direct') = (direct_key is not null)),
  check ((kind = 'group') = (name is not null))
);
create unique index conversations_everyone on conversations (is_everyone) where is_everyone;
create index conversations_public on conversations (lower(name), id)
  where kind = 'group' and visibility = 'public' and deleted_at is null;

-- One row for each stay of a member: it covers the events joined_seq … left_seq of the stream, so
-- who may see an event is a function of the log. The stay that goes on has no left_seq.
create table memberships (
  conversation_id uuid not null references conversations (id),
  account_id      uuid not null references accounts (id),
  joined_seq      bigint not null,
  left_seq        bigint,
  role            text not null default 'member' check (role in ('owner', 'member')),
  -- Up to where the account has read. State, not events.
  read_seq        bigint not null default 0,
  primary key (conversation_id, account_id, joined_seq)
) with (fillfactor = 80);
create unique index memberships_current on memberships (account_id, conversation_id) where left_seq is null;
-- The members of a conversation, the longest-standing first. (No index holds read_seq: a move of a
-- read cursor stays on its page.)
create index memberships_members on memberships (conversation_id, joined_seq) where left_seq is null;

-- A message is named by its conversation and the seq of the event that posted it.
create table messages (
  conversation_id uuid not null,
  seq             bigint not null,
  author_id       uuid not null,
  body            text not null,
  posted_at       timestamptz not null,
  edited_at       timestamptz,
  deleted_at      timestamptz,
  -- The last event that changed this message (its post, an edit, a deletion, a reaction).
  changed_seq     bigint not null,
  primary key (conversation_id, seq)
);

create table reactions (
  conversation_id uuid not null,
  message_seq     bigint not null,
  account_id      uuid not null,
  emoji           text not null,
  -- The event that added it.
  seq             bigint not null,
  primary key (conversation_id, message_seq, emoji, account_id)
);
