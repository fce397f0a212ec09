-- Groups have admins, and decide the minimum role that may post, invite, pin, delete the messages of others
-- and change the group. What a group has not set has the default in minimum-roles.ts.
alter table memberships
  drop constraint memberships_role_check,
  add constraint memberships_role_check check (role in ('owner', 'admin', 'member'));
alter table conversations add column minimum_roles jsonb not null default '{}';
