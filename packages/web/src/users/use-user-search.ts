import type { User } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { keys } from '../queries/keys.ts';
import { pauseInTyping } from '../queries/pause-in-typing.ts';
import { useClient } from '../session/use-client.ts';

/** Time without a key press after which users are requested. */
const QUIET_MS = 150;

/** What the server has found so far. */
export interface FoundUsers {
  /** All users of all searches so far: some may be shown after the search has changed. */
  readonly users: ReadonlyMap<User['id'], User>;
  /** The ids of those that match the search, by name; none until it is answered. */
  readonly matches: readonly User['id'][];
  /** Whether the search is answered. */
  readonly isComplete: boolean;
  readonly problem: string | null;
}

/** Searches all users of the server by their names: a client knows only some of them. */
export function useUserSearch(text: string): FoundUsers {
  const client = useClient();
  const search = text.trim().slice(0, 100);
  const { data, error } = useQuery({
    queryKey: keys.foundUsers(search),
    queryFn: async ({ signal }) => {
      await pauseInTyping(QUIET_MS, signal);
      return (await client.api.users({ search, limit: 50 }, { signal })).items;
    },
    enabled: search !== '',
  });
  const [known, setKnown] = useState<{ of: typeof data; users: FoundUsers['users'] }>({
    of: undefined,
    users: new Map(),
  });
  let { users } = known;
  if (data !== undefined && data !== known.of) {
    users = new Map([...users, ...data.map((user) => [user.id, user] as const)]);
    setKnown({ of: data, users });
  }
  return {
    users,
    matches: data?.map(({ id }) => id) ?? [],
    // Without a network it waits.
    isComplete: search === '' || data !== undefined || error !== null,
    problem: error && errorMessage(error),
  };
}
