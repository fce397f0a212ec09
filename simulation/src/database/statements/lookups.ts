import type { MembershipRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';

/** What the statements of several subjects look up. */

/** Returns whether an account is a member of a conversation. */
export const isMember = (tx: Transaction, account: string, conversation: string): boolean =>
  tx
    .all(tx.tables.membershipsByPair, conversation + account)
    .some((period) => period.left_seq === null);

/** Returns whether an account is an owner or admin of the server; null if there is no such account. */
export const isServerAdmin = (tx: Transaction, account: string): boolean | null => {
  const role = tx.one(tx.tables.accountsById, account)?.role;
  return role === undefined ? null : role === 'owner' || role === 'admin';
};

/** Returns whether an account is a guest. */
export const isGuest = (tx: Transaction, account: string): boolean =>
  tx.one(tx.tables.accountsById, account)?.role === 'guest';

/** Returns whether an account may find another one, as permissions/guests.ts has it. */
export const mayFind = (tx: Transaction, account: string, other: string): boolean =>
  !isGuest(tx, account) || isContact(tx, account, other, (m) => m.left_seq === null);

/** Returns whether an account may know the name of another one, as permissions/guests.ts has it. */
export const mayKnow = (tx: Transaction, account: string, other: string): boolean =>
  !isGuest(tx, account) || isContact(tx, account, other, () => true);

/** Returns whether an account is in a conversation of which the other one has a membership that counts. */
const isContact = (
  tx: Transaction,
  account: string,
  other: string,
  counts: (membership: MembershipRow) => boolean,
): boolean =>
  account === other ||
  tx
    .all(tx.tables.membershipsByAccount, account)
    .filter((own) => own.left_seq === null)
    .some((own) => tx.all(tx.tables.membershipsByPair, own.conversation_id + other).some(counts));

/** Returns whether an account is deactivated; null if there is no such account. */
export const isDeactivated = (tx: Transaction, account: string): boolean | null => {
  const found = tx.one(tx.tables.accountsById, account);
  return found ? !found.is_active : null;
};
