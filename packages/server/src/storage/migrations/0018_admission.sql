-- Accounts that a group has banned, and links with which accounts join a group.
create table bans (
  conversation_id uuid not null references conversations (id),
  account_id      uuid not null references accounts (id),
  banned_by       uuid not null,
  banned_at       timestamptz not null,
  seq             bigint not null,
  primary key (conversation_id, account_id)
);
create table group_links (
  id              uuid primary key,
  conversation_id uuid not null references conversations (id),
  -- SHA-256 of the secret, which only the creator has seen. In no event: null after a repair.
  token_hash      bytea unique,
  created_by      uuid not null,
  created_at      timestamptz not null,
  expires_at      timestamptz,
  max_uses        integer,
  revoked_at      timestamptz
);
create index group_links_conversation on group_links (conversation_id) where revoked_at is null;
-- The accounts that have joined with a link, each once.
create table group_link_uses (
  link_id    uuid not null references group_links (id),
  account_id uuid not null references accounts (id),
  -- The `member.joined` of the first join.
  seq        bigint not null,
  primary key (link_id, account_id)
);
