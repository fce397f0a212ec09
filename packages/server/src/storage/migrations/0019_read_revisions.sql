-- Counts how often the conversation was marked as unread, so that a late read of another device does not
-- undo the mark.
alter table memberships add column read_revision bigint not null default 0;
