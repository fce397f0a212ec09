/**
 * SQL: whether the account whose row is `alias` may log in and act: it is active and not suspended.
 * A suspension ends automatically by the clock of the database: nothing has to run.
 */
export const mayAct = (alias: string): string =>
  `(${alias}.is_active and (${alias}.suspended_until is null or ${alias}.suspended_until <= now()))`;
