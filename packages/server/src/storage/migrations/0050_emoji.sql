-- Custom emoji of the server: a projection of emoji.changed and emoji.deleted.
create table emoji (
  id         uuid primary key,
  -- The name, and after it the aliases.
  names      text[] not null,
  image      uuid not null,
  created_by uuid not null,
  created_at timestamptz not null,
  -- Of a deleted one only the name is shown, in messages and reactions that have it.
  deleted_at timestamptz,
  -- The last event that changed it.
  seq        bigint not null
);
-- A text names emoji by any of their names, and an image is kept while an emoji has it.
create index emoji_by_names on emoji using gin (names) where deleted_at is null;
create index emoji_by_image on emoji (image) where deleted_at is null;
create index emoji_deleted on emoji (seq) where deleted_at is not null;
