-- How accounts arrange their sidebars. Both tables follow from the events of the personal streams.
create table sidebars (
  account_id  uuid primary key,
  -- The sections in their order; null: the default.
  sections    jsonb,
  unread_only boolean not null default false,
  -- The last event of the personal stream that changed the sidebar or moved a conversation in it.
  seq         bigint not null
);

-- Conversations that an account has put into a section or in an order. Others are in the section of their kind.
create table sidebar_placements (
  account_id      uuid not null,
  conversation_id uuid not null,
  section         text not null,
  -- Where it is in a section that is ordered by hand: the lowest first.
  rank            bigint not null,
  primary key (account_id, conversation_id)
);
