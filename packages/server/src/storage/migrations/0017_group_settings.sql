-- Groups have a topic and a description, can be archived, and can make members wait between two posts.
alter table conversations
  add column topic text not null default '',
  add column description text not null default '',
  add column archived_at timestamptz,
  add column slow_mode_seconds integer not null default 0;
-- When the member last posted while slow mode was on. In no event: it is of no use later.
alter table memberships add column slow_posted_at timestamptz;
drop index conversations_public;
create index conversations_public on conversations (lower(name), id)
  where kind = 'group' and visibility = 'public' and deleted_at is null and archived_at is null;
