-- The scheduled messages of each account: a projection of message.scheduled, message.unscheduled,
-- scheduled.sent and scheduled.failed in personal streams. Like other tables of messages it has no foreign keys.
create table scheduled_messages (
  account_id      uuid not null,
  -- The client id of the command that created it.
  id              uuid not null,
  conversation_id uuid not null,
  body            text not null,
  reply_to        bigint,
  send_at         timestamptz not null,
  -- When it is tried next: later than send_at while it is deferred, for instance by slow mode.
  due_at          timestamptz not null,
  created_at      timestamptz not null,
  -- The event that created or changed it last.
  seq             bigint not null,
  -- The error code of a failure; it is not tried again by itself.
  failure         text,
  failed_at       timestamptz,
  primary key (account_id, id)
);
create index scheduled_messages_due on scheduled_messages (due_at) where failure is null;
-- The events with the text of a scheduled message, from which it is removed.
create index events_scheduled on events (stream_id, (data ->> 'scheduled'))
  where type = 'message.scheduled';
