-- Reports of messages. Who reports what is in the reporter's personal stream; comment and text are for the
-- admins alone, and are removed when the report is resolved.
create table reports (
  id              uuid primary key,
  -- The reporter.
  account_id      uuid not null references accounts (id),
  conversation_id uuid not null,
  message_seq     bigint not null,
  author_id       uuid not null,
  reason          text not null,
  comment         text not null,
  -- The text of the message when it was reported.
  message_text    text not null,
  reported_at     timestamptz not null,
  resolved_at     timestamptz,
  resolved_by     uuid,
  resolution      text,
  unique (account_id, conversation_id, message_seq)
);
create index reports_open on reports (id) where resolved_at is null;
create index reports_open_by_message on reports (conversation_id, message_seq) where resolved_at is null;
create index reports_by_time on reports (account_id, reported_at);
