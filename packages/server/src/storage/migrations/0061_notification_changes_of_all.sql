-- Accounts that chose all messages for a group itself: those of them with devices are decided for each of its messages.
create index notification_changes_of_all on notification_changes (conversation_id)
  where thread is null and is_current and settings ->> 'level' = 'all';
