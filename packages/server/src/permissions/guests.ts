/** SQL: what guests may see. All other accounts see every user and public group of the server. */

/** SQL: whether the account is a guest. */
export const isGuest = (account: string): string =>
  `exists (select from accounts guest where guest.id = ${account} and guest.role = 'guest')`;

/** SQL: the accounts that currently share a conversation with the account. */
export const contactsOf = (account: string): string => `
  select other.account_id from memberships own
  join memberships other on other.conversation_id = own.conversation_id
  where own.account_id = ${account} and own.left_seq is null and other.left_seq is null`;

/**
 * SQL: whether an account is in a conversation that the other one is or was in, depending on
 * `period`, or is the same.
 */
const isContact = (account: string, other: string, period: string): string => `(
  ${other} = ${account} or exists (
    select from memberships own
    join memberships other on other.conversation_id = own.conversation_id
    where own.account_id = ${account} and own.left_seq is null
      and other.account_id = ${other}${period}))`;

/**
 * SQL: whether an account may find another one and write to it. Guests must share a conversation
 * with it; all others may.
 */
export const mayFind = (account: string, other: string): string =>
  `(not ${isGuest(account)} or ${isContact(account, other, ' and other.left_seq is null')})`;

/**
 * SQL: whether an account may know the name of another one. Guests must be in a conversation that
 * the other account is or was a member of, so that names in the history stay readable; all others
 * may.
 */
export const mayKnow = (account: string, other: string): string =>
  `(not ${isGuest(account)} or ${isContact(account, other, '')})`;
