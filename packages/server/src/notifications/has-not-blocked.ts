/**
 * SQL: whether an account has not blocked another one. The “limit” makes the database look up each
 * pair by key instead of reading the whole table.
 */
export const hasNotBlocked = (account: string, other: string): string =>
  `(select true from blocks b where b.account_id = ${account} and b.blocked_id = ${other} limit 1) is null`;
