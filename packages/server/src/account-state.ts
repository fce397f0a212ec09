/**
 * SQL: whether the account whose row is `alias` may log in and act: it is active and not suspended. A
 * suspension ends by itself, when its time is over by the clock of the database: nothing has to run then.
 */
export const mayAct = (alias: string): string =>
  `(${alias}.is_active and (${alias}.suspended_until is null or ${alias}.suspended_until <= now()))`;

/**
 * SQL: whether an account has not blocked another one. With “limit”, the database looks for each pair by its key, and
 * never reads the table for all of them.
 */
export const hasNotBlocked = (account: string, other: string): string =>
  `(select true from blocks b where b.account_id = ${account} and b.blocked_id = ${other} limit 1) is null`;
