-- Messages that moderators have hidden. `hidden_at` is a projection of message.hidden and message.unhidden.
alter table messages add column hidden_at timestamptz;

-- What they said: the events that carried it, as they were before they were redacted. It goes back into the events when
-- the message is shown again.
create table hidden_messages (
  conversation_id uuid not null,
  message_seq     bigint not null,
  -- [{"seq", "data"}], in order.
  events          json not null,
  file_ids        uuid[] not null,
  hidden_by       uuid not null,
  primary key (conversation_id, message_seq)
);
create index hidden_messages_by_file on hidden_messages using gin (file_ids);

-- The events with the text of a message that was shown again, from which a deletion removes it.
create index events_unhidden on events (stream_id, ((data ->> 'message')::int8))
  where type = 'message.unhidden';
