-- The message that a message quotes: the seq of its post in the same conversation. Null once the
-- message that quotes is deleted.
alter table messages add column reply_to bigint;
