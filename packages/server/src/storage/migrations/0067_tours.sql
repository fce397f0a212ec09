-- Whether the user has seen the tour of the web client, or skipped it. Those who are here already know it.
alter table accounts add column is_tour_ended boolean not null default true;
alter table accounts alter column is_tour_ended set default false;
