-- When the session last proved who holds it: by logging in, or by the password since.
alter table sessions add column authenticated_at timestamptz;
update sessions set authenticated_at = created_at;
alter table sessions alter column authenticated_at set not null;
-- A node of an earlier version inserts sessions without it.
alter table sessions alter column authenticated_at set default now();
