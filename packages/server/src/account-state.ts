/**
 * SQL: whether the account whose row is `alias` may log in and act: it is active and not suspended.
 * A suspension ends automatically by the clock of the database: nothing has to run.
 */
export const mayAct = (alias: string): string =>
  `(${alias}.is_active and (${alias}.suspended_until is null or ${alias}.suspended_until <= now()))`;

/**
 * SQL: whether an account has not blocked another one. The “limit” makes the database look up each
 * pair by key instead of reading the whole table.
 */
export const hasNotBlocked = (account: string, other: string): string =>
  `(select true from blocks b where b.account_id = ${account} and b.blocked_id = ${other} limit 1) is null`;
