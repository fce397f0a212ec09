-- The pinned messages of each conversation: a projection of message.pinned, message.unpinned and
-- message.deleted. Like other tables of messages it has no foreign keys.
create table pins (
  conversation_id uuid not null,
  message_seq     bigint not null,
  pinned_by       uuid not null,
  pinned_at       timestamptz not null,
  -- The event that pinned it.
  seq             bigint not null,
  primary key (conversation_id, message_seq)
);
