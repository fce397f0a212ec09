-- The saved messages of each account, with their reminders: a projection of message.saved, message.unsaved
-- and reminder.due in personal streams. Like other tables of messages it has no foreign keys.
create table saved_messages (
  account_id      uuid not null,
  conversation_id uuid not null,
  message_seq     bigint not null,
  -- The event that saved it first: lists are ordered by it.
  saved_seq       bigint not null,
  saved_at        timestamptz not null,
  -- The event that saved it last: it may have changed the reminder.
  seq             bigint not null,
  -- When to remind; null without a reminder, and once it was given.
  remind_at       timestamptz,
  reminded_at     timestamptz,
  primary key (account_id, conversation_id, message_seq)
);
create unique index saved_messages_list on saved_messages (account_id, saved_seq);
create index saved_messages_reminders on saved_messages (remind_at) where remind_at is not null;
