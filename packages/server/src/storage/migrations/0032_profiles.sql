-- What a user tells others in the profile: like the names, from the user.updated events.
alter table accounts add column title text, add column pronouns text, add column time_zone text;
