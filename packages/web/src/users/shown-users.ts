import type { AccountId, User } from '@parley/protocol';
import type { FoundUsers } from './use-user-search.ts';

/** Users shown who are not chosen. */
const SHOWN_MAX = 50;

/**
 * Returns the users that a picker shows: active ones whose name contains the text, or that the server has found
 * for it; without a text all. Those in `first` are first; what is chosen is never left out without a text.
 */
export function shownUsers({
  known,
  found,
  text,
  first,
  chosen,
  excluded,
}: {
  known: ReadonlyMap<AccountId, User>;
  found: Pick<FoundUsers, 'users' | 'matches'>;
  text: string;
  first: readonly AccountId[];
  chosen: readonly AccountId[];
  excluded: ReadonlySet<AccountId>;
}): User[] {
  const query = text.trim().toLowerCase();
  const alwaysShown = new Set([...first, ...chosen]);
  const before = new Set(first);
  const matches = new Set(query === '' ? [] : found.matches);
  const isMatch = ({ id, displayName, username }: User) =>
    matches.has(id) ||
    displayName.toLowerCase().includes(query) ||
    username.toLowerCase().includes(query);
  const users = [...new Map([...found.users, ...known]).values()]
    .filter((user) => (user.isActive || alwaysShown.has(user.id)) && !excluded.has(user.id))
    .filter(isMatch)
    .sort((a, b) => a.displayName.localeCompare(b.displayName));
  const rest = users.filter(({ id }) => !before.has(id));
  let others = 0;
  return [
    ...users.filter(({ id }) => before.has(id)),
    ...rest.filter(({ id }) => alwaysShown.has(id) || ++others <= SHOWN_MAX),
  ];
}
