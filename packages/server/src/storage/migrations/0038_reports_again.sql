-- A message can be reported again by the same account once its report was resolved.
alter table reports drop constraint reports_account_id_conversation_id_message_seq_key;
create unique index reports_open_once on reports (account_id, conversation_id, message_seq)
  where resolved_at is null;
-- The names of the files and the choices of the poll when the message was reported.
alter table reports add column file_names text[] not null default '{}';
alter table reports add column poll_choices text[] not null default '{}';
