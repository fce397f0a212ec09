/** SQL: the current settings of an account for a scope, a condition on the version `v`; null: those by default. */
export const currentSettings = (account: string, scope: string): string =>
  `(select v.settings from notification_changes v
    where v.account_id = ${account} and ${scope} and v.is_current)`;
