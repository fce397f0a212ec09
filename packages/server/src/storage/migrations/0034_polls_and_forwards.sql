-- What a message has besides its text: the message that it forwards, or a poll. A table of its own, because
-- most messages have neither. Projections of message.posted, poll.voted, poll.closed and message.deleted;
-- like other tables of messages they have no foreign keys.
create table message_parts (
  conversation_id uuid not null,
  message_seq     bigint not null,
  forwarded_from  jsonb,
  poll            jsonb,
  -- When the author or a moderator closed the poll.
  closed_at       timestamptz,
  primary key (conversation_id, message_seq)
);
create table poll_votes (
  conversation_id uuid not null,
  message_seq     bigint not null,
  account_id      uuid not null,
  -- The indexes of the choices.
  choices         int[] not null,
  -- The event with these choices.
  seq             bigint not null,
  primary key (conversation_id, message_seq, account_id)
);
