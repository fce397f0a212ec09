-- The key with which this server identifies itself to push servers (VAPID), shared by all nodes. The private key is
-- encrypted.
create table push_keys (
  id         int primary key default 1 check (id = 1),
  public_key text not null,
  sealed     bytea not null,
  created_at timestamptz not null default now()
);

-- Notifications that are shown until they are withdrawn.
create index notification_deliveries_shown on notification_deliveries (finished_at)
  where outcome = 'sent' and withdrawn_at is null;

-- When its user last had a test notification sent to it.
alter table notification_devices add column tested_at timestamptz;
