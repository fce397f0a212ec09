-- For the filters of the audit log: each is read from its latest entry backwards.
create index audit_log_by_event on audit_log (event, id);
create index audit_log_by_actor on audit_log (actor_id, id);
