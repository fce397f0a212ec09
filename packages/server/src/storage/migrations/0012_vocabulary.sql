-- One word per concept, from the database to the screen (docs/glossary.md). Nothing was released
-- with the earlier names.

-- The account of a person is a user.
alter table accounts drop constraint accounts_kind_check;
update accounts set kind = 'user' where kind = 'person';
alter table accounts
  alter column kind set default 'user',
  add constraint accounts_kind_check check (kind in ('user', 'service'));

update api_keys
set scopes = array_to_string(array_replace(string_to_array(scopes, ' '), 'people:read', 'users:read'), ' ');

alter table mails rename to emails;
alter index mails_pkey rename to emails_pkey;
alter index mails_due rename to emails_due;
alter index mails_by_time rename to emails_by_time;
alter table emails rename constraint mails_account_id_fkey to emails_account_id_fkey;

-- The two users of a direct conversation.
update events
set data = (data::jsonb - 'people' || jsonb_build_object('users', data -> 'people'))::json
where type = 'conversation.created' and data ->> 'people' is not null;
