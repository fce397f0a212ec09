import type { Transaction } from '../transaction.ts';

/** What the statements of several subjects look up. */

/** Returns whether an account is a member of a conversation. */
export const isMember = (tx: Transaction, account: string, conversation: string): boolean =>
  tx
    .all(tx.tables.membershipsByPair, conversation + account)
    .some((period) => period.left_seq === null);

/** Returns whether an account is an owner or admin of the server; null if there is no such account. */
export const isServerAdmin = (tx: Transaction, account: string): boolean | null => {
  const role = tx.one(tx.tables.accountsById, account)?.role;
  return role === undefined ? null : role !== 'member';
};

/** Returns whether an account is deactivated; null if there is no such account. */
export const isDeactivated = (tx: Transaction, account: string): boolean | null => {
  const found = tx.one(tx.tables.accountsById, account);
  return found ? !found.is_active : null;
};
