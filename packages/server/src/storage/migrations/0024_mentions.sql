-- What @name and #name in the text of a message mean: the mentions of its latest event with a text. Null
-- if there are none, or the message is deleted.
alter table messages add column mentions jsonb;

-- Messages to everyone are few, and unread mentions of every member: one entry here instead of a row below
-- for each member.
create index messages_to_everyone on messages (conversation_id, seq)
  where mentions @> '[{"kind": "everyone"}]';

-- The accounts that messages mention by name, except their own authors: a projection of message.posted,
-- message.edited and message.deleted. Like other tables of messages it has no foreign keys.
create table mentions (
  conversation_id uuid not null,
  message_seq     bigint not null,
  account_id      uuid not null,
  -- The event that mentioned it: the post or an edit.
  seq             bigint not null,
  primary key (account_id, conversation_id, message_seq)
);
create index mentions_of_message on mentions (conversation_id, message_seq);

-- Groups by the name that links to them: #design-team.
create index conversations_by_link on conversations (replace(search_key(name), ' ', '-'))
  where kind = 'group' and deleted_at is null;
