-- Whoever has settings of its own for a thread now, however often they were changed before.
drop index notification_changes_of_thread;
create index notification_changes_of_thread on notification_changes (conversation_id, thread)
  where thread is not null and is_current;
