-- The display name by its looks, as the username has it: people whose names look the same are shown
-- with their usernames. Filled in when a server starts.
alter table accounts add column display_name_skeleton text;
create index accounts_by_display_skeleton on accounts (display_name_skeleton);

-- A dot above a letter that has one already is not seen: these are compared anew.
update accounts set username_skeleton = null
where normalize(username, NFD) like '%' || U&'\0307' || '%';
