-- With the account, these indexes also find the row of one account exactly. Before the tables are analyzed, the database
-- prefers them to the primary keys, and then read the rows of all accounts of a thread to find one.
create index thread_participants_in_thread on thread_participants (conversation_id, thread, account_id);
drop index thread_participants_of_thread;
create index thread_follows_in_thread on thread_follows (conversation_id, thread, account_id);
drop index thread_follows_of_thread;
create index mentions_of_accounts_in_thread on mentions (conversation_id, thread, account_id)
  where thread is not null;
drop index mentions_of_thread;
