-- How long groups keep messages, if not as long as the server setting says: days, or 0 for ever.
create table group_retention (
  conversation_id uuid primary key,
  days            integer not null check (days >= 0),
  seq             bigint not null
);

-- Up to which message retention has deleted everything. Without a row: nothing yet.
create table retention_progress (
  conversation_id uuid primary key,
  up_to           bigint not null
);
