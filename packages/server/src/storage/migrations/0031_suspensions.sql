-- Until when an account is suspended: a projection of user.suspended and user.unsuspended. In the past or null:
-- it is not. The reason is for admins and the account alone, so it is in no event.
alter table accounts add column suspended_until timestamptz;
alter table accounts add column suspension_reason text;
