-- The text of uploaded files, which searches look into. It is read in the background from the contents.
alter table files
  -- Whether the text was read, or there is none to read.
  add column text_done boolean not null default false,
  add column text_attempts int not null default 0,
  -- Until then a node reads it.
  add column text_lease timestamptz;
create index files_without_text on files (id)
  where not text_done and state = 'stored' and media_type in ('text/plain', 'application/pdf');

create table file_texts (
  file_id uuid primary key,
  -- The beginning of the text.
  text text not null,
  -- The keys of the name and the text, as those of messages.
  keys int4[] not null
);
create index file_texts_by_key on file_texts using gin (keys);
