-- An admin has cancelled the deletion, which is then done: what it had not reached is kept.
alter table bulk_deletions add column cancelled_at timestamptz;
