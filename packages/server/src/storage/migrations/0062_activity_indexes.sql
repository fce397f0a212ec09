-- Mentions of everyone by time, for the lists of activity: the latest ones of each conversation, and those that are
-- unread, without a look at the others.
create index messages_to_everyone_by_time on messages (conversation_id, posted_at, seq)
  where mentions @> '[{"kind": "everyone"}]';
-- The few of them that are shown in their threads alone.
create index messages_to_everyone_in_threads on messages (conversation_id, posted_at)
  where mentions @> '[{"kind": "everyone"}]' and thread is not null and not also_in_conversation;

-- Resolved reports of an account by time.
create index reports_resolved_by_account on reports (account_id, resolved_at)
  where resolved_at is not null;
