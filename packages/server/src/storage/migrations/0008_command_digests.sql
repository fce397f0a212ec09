-- What a command asked for, as a digest: the same id with other content is rejected instead of being
-- answered with the outcome of the first command. Null in rows from before this migration, and where
-- text was redacted: there only the stream and the type of the event are compared.
alter table events add column command_digest bytea;
alter table unchanged_commands add column command_digest bytea;
