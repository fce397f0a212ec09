-- Texts of files are stored in pieces, each with keys of its own: of a long text, the keys say little.
-- A whole text from before, also one that an older node stores during an upgrade, is piece 0 until a node cuts it.
alter table file_texts add column piece int not null default 0;
alter table file_texts drop constraint file_texts_pkey, add primary key (file_id, piece);
-- Texts that have yet to be cut; the length is that of `search/file-pieces.ts`.
create index file_texts_uncut on file_texts (file_id) where char_length(text) > 4000;

-- Texts and keys are stored apart, so that the rows of many pieces are on few pages.
alter table file_texts set (toast_tuple_target = 128);
-- What waits for the index is compared one by one in each search.
alter index file_texts_by_key set (fastupdate = off);
