-- Previews of the links of messages: a projection of message.previewed, message.deleted. Without `preview` it
-- was removed, and is not fetched again. Like other tables of messages they have no foreign keys.
create table link_previews (
  conversation_id uuid not null,
  message_seq     bigint not null,
  position        int not null,
  -- The link as the message has it.
  url             text not null,
  preview         jsonb,
  -- The image, a file of the server.
  file_id         uuid,
  primary key (conversation_id, message_seq, position)
);
create index link_previews_by_file on link_previews (file_id) where file_id is not null;
-- The events with previews of a message, from which they are removed.
create index events_previewed on events (stream_id, ((data ->> 'message')::int8))
  where type = 'message.previewed';

-- Messages whose links have yet to be fetched. `id` changes with the text: what was fetched for an earlier
-- text is not published.
create table link_jobs (
  conversation_id uuid not null,
  message_seq     bigint not null,
  id              uuid not null default gen_random_uuid(),
  author_id       uuid not null,
  -- When it is due: later while a node works on it, and after a failure.
  due_at          timestamptz not null default now(),
  attempts        int not null default 0,
  primary key (conversation_id, message_seq)
);
create index link_jobs_due on link_jobs (due_at);

-- What pages said of themselves, under a keyed hash of their URL. Without `preview`: nothing, or an error.
create table link_cache (
  url_hash   bytea primary key,
  preview    jsonb,
  file_id    uuid,
  expires_at timestamptz not null
);
create index link_cache_expiry on link_cache (expires_at);
create index link_cache_by_file on link_cache (file_id) where file_id is not null;

-- Images of link previews are files of the server itself.
alter table files alter column uploader_id drop not null;

alter table conversations add column link_previews boolean not null default true;
