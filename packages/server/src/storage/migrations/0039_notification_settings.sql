-- What accounts want to be notified of: every version of the settings, so that the reason of an earlier decision can
-- still be told. The last version is the current one. It follows from the events of the personal streams.
create table notification_changes (
  account_id      uuid not null,
  -- The seq of the event in the personal stream.
  seq             bigint not null,
  changed_at      timestamptz not null,
  -- What the settings are for: a conversation, or with thread the thread under that message; null: in general.
  conversation_id uuid,
  thread          bigint,
  settings        jsonb not null,
  primary key (account_id, seq)
);
create index notification_changes_by_scope
  on notification_changes (account_id, conversation_id, thread, seq desc);

-- The current keywords. A message with a keyword has its anchor, the folded beginning, among its own.
create table notification_keywords (
  account_id uuid not null,
  keyword    text not null,
  anchor     text not null,
  primary key (account_id, keyword)
);
create index notification_keywords_by_anchor on notification_keywords (anchor);
