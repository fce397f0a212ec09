-- Whether the hash of a recovery code is keyed with the server's secret. Those that are not are
-- replaced when a server starts: only it knows the secret.
alter table recovery_codes add column is_keyed boolean not null default false;
