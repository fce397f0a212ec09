-- Groups have admins, and decide the least role that may post, invite, pin, delete the messages of others
-- and change the group. What a group has not decided has the default in least-roles.ts.
alter table memberships
  drop constraint memberships_role_check,
  add constraint memberships_role_check check (role in ('owner', 'admin', 'member'));
alter table conversations add column least_roles jsonb not null default '{}';
