import { LIMITS } from '@parley/protocol';
import { NO_KEY_UPDATE } from '../tables/row.ts';
import type { UserGroupRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isGuest, isMember, isServerAdmin } from './lookups.ts';
import { changed, reads, type Statement, selected, writes } from './statement.ts';

/** The statements that change user groups and find them in texts. */
export const userGroupStatements: readonly Statement[] = [
  reads('mentions-user-groups', '1e228911d614', findUserGroups, [
    'n',
    'id',
    'is_large',
    'accounts',
    'is_by_server_admin',
  ]),

  writes(
    'user-groups-actor',
    '1812614e74cd',
    function* (tx, [account]) {
      const [row] = tx.rows(tx.tables.accountsById.find(account as string));
      const locked = row && (yield* tx.lock(row, NO_KEY_UPDATE));
      // No account is suspended in a simulation.
      return selected(locked ? [{ role: locked.role, may_act: locked.is_active }] : []);
    },
    { columns: ['role', 'may_act'] },
  ),

  reads(
    'user-groups-state',
    '19b38173ea4e',
    (tx, [id]) => {
      const before = tx.one(tx.tables.userGroupsById, id as string);
      const { name, title, members, seq } = before ?? {};
      return [{ groups: all(tx).length, before: before ? { name, title, members, seq } : null }];
    },
    ['groups', 'before'],
  ),

  reads(
    'user-groups-name',
    'a8f6bddd103a',
    (tx, values) => {
      const [key, skeleton, id] = values as [string, string, string];
      const isAccount = tx.tables.accounts
        .rows()
        .some((row) => tx.see(row)?.username.toLowerCase() === key);
      const isGroup = all(tx).some(
        (g) => (g.name_key === key || g.name_skeleton === skeleton) && g.id !== id,
      );
      return [{ is_taken: isAccount || isGroup }];
    },
    ['is_taken'],
  ),

  reads(
    'user-groups-accounts',
    '02e083db1c64',
    (tx, [ids]) => {
      const known = new Set(ids as string[]);
      return [{ known: [...known].filter((id) => tx.one(tx.tables.accountsById, id)).length }];
    },
    ['known'],
  ),

  writes(
    'user-groups-changed',
    'c623988c29b3',
    function* (tx, values) {
      const [id, name, name_key, name_skeleton, title, members, seq] = values as [
        string,
        string,
        string,
        string,
        string,
        string[],
        number,
      ];
      const row = { id, name, name_key, name_skeleton, title, members, seq };
      const { userGroups, userGroupsById } = tx.tables;
      yield* tx.upsert(userGroups, row, userGroupsById, () => row);
      return changed('INSERT', 1);
    },
    { texts: [2, 3, 4, 5] },
  ),

  writes('user-groups-deleted', 'ce95595481ed', function* (tx, [ids]) {
    const { userGroups, userGroupsById } = tx.tables;
    const rows = (ids as string[]).flatMap((id) => tx.rows(userGroupsById.find(id)));
    return changed('DELETE', yield* tx.delete(userGroups, rows));
  }),
];

const all = (tx: Transaction): UserGroupRow[] =>
  tx.tables.userGroups.rows().flatMap((row) => tx.see(row) ?? []);

/** Returns the user groups that names in texts refer to: at most so many of each text. */
function findUserGroups(tx: Transaction, values: readonly unknown[]): object[] {
  const [names, authors, conversations, places] = values as [
    string[],
    string[],
    string[],
    number[],
  ];
  const counts = new Map<string, number>();
  return names.flatMap((name, i) => {
    const group = all(tx).find((g) => g.name_key === name);
    if (!group) return [];
    const is_large = group.members.length > LIMITS.mentionEveryoneMembers;
    const place = `${places[i]} ${is_large}`;
    const nth = (counts.get(place) ?? 0) + 1;
    counts.set(place, nth);
    const [author, conversation] = [authors[i] as string, conversations[i] as string];
    if (nth > LIMITS.userGroupsPerMessage || isGuest(tx, author)) return [];
    // No account blocks another one in a simulation.
    const accounts = group.members.filter(
      (id) => isMember(tx, id, conversation) && tx.one(tx.tables.accountsById, id)?.is_active,
    );
    const isEveryone = tx.one(tx.tables.conversationsById, conversation)?.is_everyone === true;
    const is_by_server_admin = is_large ? isEveryone && isServerAdmin(tx, author) === true : null;
    return [{ n: i + 1, id: group.id, is_large, accounts: accounts.sort(), is_by_server_admin }];
  });
}
