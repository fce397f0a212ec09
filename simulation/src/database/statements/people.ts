import { EVERYONE } from '@parley/server/internal/conversations/everyone';
import type { AccountRow, ConversationRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isGuest, isMember, mayFind, mayKnow } from './lookups.ts';
import { reads, type Statement, time } from './statement.ts';

/**
 * The statements that list, find and suggest users. Names are in ASCII here, and none looks like another one. Searches
 * have fewer than four characters: no similar names are searched for.
 */
export const peopleStatements: readonly Statement[] = [
  reads('people-person', 'c5978d27d67a', (tx, values) => {
    const [id, viewer] = values as [string, string];
    const account = tx.one(tx.tables.accountsById, id);
    return account && mayKnow(tx, viewer, id) ? [userRow(account)] : [];
  }),

  ...[
    ['users-page-0', '81fbc9b19c0d'],
    ['users-page-of-guest-0', 'e1bf837f0fd1'],
  ].map(([name, digest]) =>
    reads(name as string, digest as string, (tx, values) => {
      const [afterKey, afterId, limit, viewer] = values as [
        string | null,
        string | null,
        number,
        string,
      ];
      const isAfter = (a: AccountRow) =>
        afterKey === null || (compare(keyOf(a), afterKey) || compare(a.id, afterId ?? '')) > 0;
      return accountsOf(tx)
        .filter((a) => a.is_active && mayFind(tx, viewer, a.id) && isAfter(a))
        .sort(byKey)
        .slice(0, limit)
        .map((a) => ({ ...userRow(a), search_key: keyOf(a) }));
    }),
  ),

  reads('mention-suggestions-key', '8131f4df05ee', (_tx, [search]) => [
    { key: (search as string).toLowerCase().replace(/[\\%_]/g, '\\$&') },
  ]),

  // ---- the directory of the quick switcher --------------------------------------------------------
  reads('search-workspace-head', '8e2486dd2448', (tx, [id]) =>
    tx.all(tx.tables.streamsById, id as string).map(({ last_seq }) => ({ head: last_seq })),
  ),

  reads('search-contacts-of-guest', '3c293e90c751', (tx, [id]) => {
    const account = id as string;
    const found = tx.one(tx.tables.accountsById, account);
    if (!found) return [];
    if (!isGuest(tx, account)) return [{ contacts: null }];
    const contacts = accountsOf(tx).filter((other) => mayFind(tx, account, other.id));
    return [{ contacts: contacts.map((other) => other.id) }];
  }),

  reads('search-own-conversations', '2ba1090b6707', (tx, [id]) => {
    const account = id as string;
    return currentOf(tx, account)
      .map((c) => ({ c, lastAt: tx.one(tx.tables.streamsById, c.id)?.last_at ?? 0 }))
      .sort((a, b) => b.lastAt - a.lastAt || compare(a.c.id, b.c.id))
      .map(({ c }) => ({ id: c.id, kind: c.kind, name: c.name, peer: peerOf(tx, c, account) }));
  }),

  reads('search-shared-groups', '0b55edca4048', (tx, values) => {
    const [account, users] = values as [string, string[]];
    return users.flatMap((id) => {
      const groups = currentOf(tx, id).filter(
        (c) => c.kind === 'group' && c.id !== EVERYONE && isMember(tx, account, c.id),
      );
      return groups.length > 0 ? [{ id, shared: groups.length }] : [];
    });
  }),

  reads('search-users-shown', '76c3a49a7d36', (tx, values) => {
    const [ids] = values as [string[], string];
    return ids
      .flatMap((id) => tx.all(tx.tables.accountsById, id))
      .filter((a) => a.is_active)
      .map(userRow);
  }),

  reads('search-groups-shown', '2f698e09b7eb', (tx, values) => {
    const [account, ids] = values as [string, string[]];
    return ids
      .flatMap((id) => tx.all(tx.tables.conversationsById, id))
      .map((c) => ({ c, isOwn: isMember(tx, account, c.id) }))
      .filter(({ c, isOwn }) => c.deleted_at === null && (c.visibility === 'public' || isOwn))
      .map(({ c, isOwn }) => ({
        id: c.id,
        item: {
          kind: 'group',
          id: c.id,
          name: c.name,
          visibility: c.visibility,
          memberCount: c.member_count,
          isMember: isOwn,
        },
      }));
  }),
];

/** Those that are sent without a name, by the digests of their texts. */
export const unnamedPeopleStatements: readonly Statement[] = [
  reads('mention-suggestions-members', '0b2ecd265d7f', (tx, values) => {
    const [account, conversation] = values as [string, string];
    const isOfGroup = ({ id }: AccountRow) => isMember(tx, id, conversation);
    const found = suggested(tx, values, isOfGroup).map((a) => ({ ...named(a), is_member: true }));
    // Only searches with more characters need the extension.
    return [{ is_allowed: isMember(tx, account, conversation), has_trigrams: false, found }];
  }),

  reads('mention-suggestions-others', '971d108b9be0', (tx, values) => {
    const [account, conversation] = values as [string, string];
    const isOther = ({ id }: AccountRow) =>
      !isMember(tx, id, conversation) && mayFind(tx, account, id);
    return suggested(tx, values, isOther).map((a) => ({ ...named(a), is_member: false }));
  }),

  reads('search-entries', '1c5e009bf7c3', (tx) => [
    ...accountsOf(tx)
      .filter((a) => a.is_active)
      .map(({ id, display_name, username }) => ({
        kind: 'user',
        id,
        name: display_name,
        username,
      })),
    ...tx.tables.conversations
      .rows()
      .flatMap((row) => tx.see(row) ?? [])
      .filter((c) => c.kind === 'group' && c.visibility === 'public' && c.deleted_at === null)
      .map(({ id, name }) => ({ kind: 'group', id, name, username: '' })),
  ]),
];

/** Returns the accounts that may be suggested and meet a condition, the best match first. */
function suggested(
  tx: Transaction,
  values: readonly unknown[],
  condition: (account: AccountRow) => boolean,
): AccountRow[] {
  const [viewer, , limit, pattern] = values as [string, string, number, string];
  const key = pattern.slice(1, -1).replace(/\\(.)/g, '$1');
  const rankOf = (a: AccountRow) => {
    const name = keyOf(a);
    if (name.startsWith(key) || name.includes(`\n${key}`)) return 0;
    return name.includes(` ${key}`) ? 1 : 2;
  };
  return accountsOf(tx)
    .filter((a) => a.is_active && a.id !== viewer && keyOf(a).includes(key) && condition(a))
    .sort((a, b) => rankOf(a) - rankOf(b) || byKey(a, b))
    .slice(0, limit);
}

const accountsOf = (tx: Transaction): AccountRow[] =>
  tx.tables.accounts.rows().flatMap((row) => tx.see(row) ?? []);

/** Returns the conversations that an account is a member of. */
const currentOf = (tx: Transaction, account: string): ConversationRow[] =>
  tx
    .all(tx.tables.membershipsByAccount, account)
    .filter((m) => m.left_seq === null)
    .flatMap((m) => tx.all(tx.tables.conversationsById, m.conversation_id));

/** Returns the other account of a direct conversation of two; null for other conversations. */
function peerOf(tx: Transaction, c: ConversationRow, account: string): string | null {
  if (c.kind !== 'direct' || c.member_count > 2) return null;
  for (const row of tx.tables.membershipsByConversation.from(c.id, 0)) {
    const other = tx.see(row);
    if (other && other.account_id !== account) return other.account_id;
  }
  return account;
}

/** Returns the `search_key` of an account. */
const keyOf = ({ display_name, username }: AccountRow): string =>
  `${display_name.toLowerCase()}\n${username.toLowerCase()}`;

const named = ({ id, username, display_name }: AccountRow) => ({
  id,
  username,
  display_name,
  avatar: null,
});

/** Returns the columns of a user: `userColumns` in accounts/users/users.ts. */
const userRow = (account: AccountRow) => ({
  ...named(account),
  is_active: account.is_active,
  created_at: time(account.created_at),
  name_is_shared: false,
  is_guest: account.role === 'guest',
});

const byKey = (a: AccountRow, b: AccountRow): number =>
  compare(keyOf(a), keyOf(b)) || compare(a.id, b.id);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
