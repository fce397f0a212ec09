-- The keys of a few pieces wait for the index together, which takes a fraction of the time of adding each of them. Searches
-- compare what waits, so it is little.
alter index file_texts_by_key set (fastupdate = on, gin_pending_list_limit = 1024);
