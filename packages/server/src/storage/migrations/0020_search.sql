-- The search index of messages: segments of documents (messages), each with lists of postings: which
-- documents have a key, a hash of a few characters or of a property. It follows from the messages and
-- is filled after their commit. Segments never change; they are merged into larger ones.

-- The version of the keys in the index. The server empties an index of another version, and fills it anew.
create table search_state (
  singleton boolean primary key default true check (singleton),
  version   integer not null
);
insert into search_state (version) values (0);

-- Up to which event each conversation is indexed.
create table search_progress (
  conversation_id uuid primary key,
  seq             bigint not null
) with (fillfactor = 50);

create table search_segments (
  id        bigint primary key generated always as identity,
  -- The number of documents, and the time of the first and of the last one.
  size      integer not null,
  first_at  timestamptz not null,
  last_at   timestamptz not null,
  documents bytea not null,
  -- All lists of a small segment; null if they are in search_postings.
  postings  bytea
);
alter table search_segments
  alter column documents set storage external,
  alter column postings set storage external;

create table search_postings (
  segment_id bigint not null,
  key        integer not null,
  -- The number of documents in the list.
  size       integer not null,
  documents  bytea not null,
  primary key (segment_id, key)
);
alter table search_postings alter column documents set storage external;

-- Messages that were edited or deleted: what was indexed before `version` is removed when segments are
-- merged or purged. Until then it is never found, since the query compares with the messages.
create table search_stale (
  conversation_id uuid not null,
  seq             bigint not null,
  version         bigint not null,
  at              timestamptz not null default now(),
  primary key (conversation_id, seq)
);
