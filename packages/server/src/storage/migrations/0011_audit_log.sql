-- What happened to accounts and who did it. Rows are only added: old ones are removed after a time,
-- none is ever changed.
create table audit_log (
  id         uuid primary key,
  at         timestamptz not null,
  event      text not null,
  outcome    text not null check (outcome in ('succeeded', 'failed', 'denied')),
  -- Whose account it is about, and who did it. Without references: entries outlive accounts.
  account_id uuid,
  actor_id   uuid,
  address    text,
  -- More than one where events were summed up.
  count      integer not null,
  details    json not null
);
create index audit_log_by_time on audit_log (at);
create index audit_log_by_account on audit_log (account_id, id);

create function audit_log_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.at < now() - interval '90 days' then
    return old;
  end if;
  raise exception 'audit_log is append-only';
end
$$;
create trigger audit_log_append_only before update or delete on audit_log
  for each row execute function audit_log_append_only();
