-- Whether the account has set itself away: others see it as away even while it is active.
alter table statuses add column is_away boolean not null default false;
