-- Guests: accounts limited to the conversations that they were added to.
alter table accounts drop constraint accounts_role_check;
alter table accounts
  add constraint accounts_role_check check (role in ('owner', 'admin', 'member', 'guest'));

-- When the access of a guest ends; null for others, and without an end.
alter table accounts add column access_ends_at timestamptz;
create index accounts_access_ends on accounts (access_ends_at)
  where access_ends_at is not null and is_active;

-- Of an invitation for guests: the groups that they join; null for members.
alter table invitations add column guest_groups uuid[];
alter table invitations add column guest_access_ends_at timestamptz;
