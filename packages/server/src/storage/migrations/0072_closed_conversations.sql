-- Direct conversations that an account has closed: its sidebar leaves them out until there is a message after closed_seq.
-- The table follows from the events of the personal streams.
create table sidebar_closed (
  account_id      uuid not null,
  conversation_id uuid not null,
  -- The last event of the conversation that the account had seen when it closed it.
  closed_seq      bigint not null,
  primary key (account_id, conversation_id)
);
