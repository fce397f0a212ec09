-- When the item happened that was read: of very many marks, the oldest ones are replaced by the time up to which
-- everything counts as read. Null: marked by an earlier version.
alter table activity_reads add column at timestamptz;
