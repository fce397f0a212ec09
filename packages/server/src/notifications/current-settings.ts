/**
 * SQL: the current settings of an account for a scope (a condition on the version `v`); null: the
 * defaults.
 */
export const currentSettings = (account: string, scope: string): string =>
  `(select v.settings from notification_changes v
    where v.account_id = ${account} and ${scope} and v.is_current)`;

/**
 * SQL: the accounts with devices that chose all messages of a group: all of its messages are pushed
 * to them. For accounts without devices the choice matters only to their clients.
 */
export const accountsOfAllMessages = (conversation: string): string =>
  `select v.account_id from notification_changes v
   where v.conversation_id = ${conversation} and v.thread is null and v.is_current
     and v.settings ->> 'level' = 'all'
     and exists (select from notification_devices d where d.account_id = v.account_id)`;
