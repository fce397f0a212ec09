-- The status of each account that has set one: a projection of status.changed in personal streams.
create table statuses (
  account_id           uuid primary key,
  emoji                text,
  text                 text not null,
  -- When emoji and text are removed; null: never.
  expires_at           timestamptz,
  do_not_disturb_until timestamptz,
  shows_last_seen      boolean not null,
  -- The event that set it.
  seq                  bigint not null,
  -- When it was stored, by the clock of the database: nodes read what changed lately.
  changed_at           timestamptz not null default now()
);
create index statuses_expiry on statuses (least(expires_at, do_not_disturb_until))
  where least(expires_at, do_not_disturb_until) is not null;
create index statuses_changed on statuses (changed_at);

-- When accounts were last connected, recorded when they go offline. State, not events.
create table last_seen (
  account_id uuid primary key references accounts (id) on delete cascade,
  at         timestamptz not null
);
