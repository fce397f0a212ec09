-- Devices to which notifications are pushed: browsers (Web Push, of one session), and topics of push servers.
create table notification_devices (
  id           uuid primary key,
  account_id   uuid not null references accounts (id) on delete cascade,
  kind         text not null,
  -- The session that ends with the device; null for a topic.
  session_id   uuid references sessions (id) on delete cascade,
  -- The session that added it: when it ends with all others, so does the device.
  added_by     uuid not null,
  name         text not null,
  -- The address and its keys, encrypted.
  sealed       bytea not null,
  -- A keyed hash of the address.
  address_hash bytea not null unique,
  shows_content boolean not null,
  created_at   timestamptz not null default now(),
  last_sent_at timestamptz,
  -- The last failure since then.
  last_error   text,
  failed_at    timestamptz
);
create index notification_devices_of_account on notification_devices (account_id);
create index notification_devices_of_session on notification_devices (session_id);

-- What is to be sent of notifications: stored in the transaction that decides them, and kept for 30 days.
create table notification_deliveries (
  id              bigint generated always as identity primary key,
  account_id      uuid not null,
  conversation_id uuid not null,
  message_seq     bigint not null,
  channel         text not null,
  -- Null for an email.
  device_id       uuid,
  created_at      timestamptz not null default now(),
  -- When it is sent, or attempted again; later while a node works on it. Null: finished.
  due_at          timestamptz,
  attempts        int not null default 0,
  -- Of the node that works on it.
  lease           uuid,
  -- sent, failed, or why it was not sent.
  outcome         text,
  finished_at     timestamptz,
  last_error      text,
  -- When the notification of a message that was sent was withdrawn.
  withdrawn_at    timestamptz,
  unique nulls not distinct (account_id, conversation_id, message_seq, channel, device_id)
);
create index notification_deliveries_due on notification_deliveries (channel, due_at)
  where due_at is not null;
create index notification_deliveries_by_time on notification_deliveries (created_at);
