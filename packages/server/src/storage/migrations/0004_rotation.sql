-- Session tokens are proven to be of their session by a key that each session has: a token of
-- before, which nobody should have any more, is known without all of them being kept.
delete from sessions;
alter table sessions add column family_key bytea not null;
