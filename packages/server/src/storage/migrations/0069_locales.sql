-- The locale (BCP 47) in whose language an account gets emails and notifications; null: not known.
alter table accounts add column locale text;
-- That in which an email is written.
alter table emails add column locale text;
