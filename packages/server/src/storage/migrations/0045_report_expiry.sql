-- Resolved reports are removed after a while: these rows are found without reading the open ones.
create index reports_resolved on reports (resolved_at) where resolved_at is not null;
