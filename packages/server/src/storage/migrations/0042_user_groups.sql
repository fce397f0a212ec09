-- Accounts that are mentioned together by one name: a projection of user_group.changed, user_group.deleted and
-- user.deleted.
create table user_groups (
  id            uuid primary key,
  name          text not null,
  -- The name in the form in which it is compared, and its visual skeleton, as of usernames.
  name_key      text not null,
  name_skeleton text not null,
  title         text not null,
  members       uuid[] not null,
  -- The last event that changed it.
  seq           bigint not null,
  search_key    text not null
    generated always as (search_key(title) || E'\n' || search_key(name)) stored
);
create unique index user_groups_by_name on user_groups (name_key);
