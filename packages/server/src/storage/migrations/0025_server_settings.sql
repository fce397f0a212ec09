-- The settings of the server that admins have changed: a projection of server.updated. A setting without a
-- row has its default.
create table server_settings (
  name  text primary key,
  value jsonb not null,
  -- The event that changed it last.
  seq   bigint not null
);
