import type { User } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';

/** Time without a key press after which users are requested. */
const QUIET_MS = 150;

/** What the server has found so far. */
export interface FoundUsers {
  /** All users of all searches so far: some may be shown after the search has changed. */
  readonly users: ReadonlyMap<User['id'], User>;
  /** The ids of those that match the last search that was answered, by name. */
  readonly matches: readonly User['id'][];
  /** Whether the search that was made last is answered. */
  readonly isComplete: boolean;
  readonly problem: string | null;
}

const NONE: FoundUsers = { users: new Map(), matches: [], isComplete: true, problem: null };

/** Searches all users of the server by their names: a client knows only some of them. */
export function useUserSearch(text: string): FoundUsers {
  const client = useClient();
  const [found, setFound] = useState(NONE);
  const search = text.trim().slice(0, 100);
  useEffect(() => {
    if (search === '') {
      setFound(({ users }) => ({ ...NONE, users }));
      return;
    }
    let isCurrent = true;
    setFound((now) => ({ ...now, matches: [], isComplete: false, problem: null }));
    const timer = setTimeout(async () => {
      try {
        const { items } = await client.api.users({ search, limit: 50 });
        if (!isCurrent) return;
        setFound(({ users }) => ({
          ...NONE,
          users: new Map([...users, ...items.map((user) => [user.id, user] as const)]),
          matches: items.map(({ id }) => id),
        }));
      } catch (error) {
        if (isCurrent)
          setFound((now) => ({ ...now, isComplete: true, problem: errorMessage(error) }));
      }
    }, QUIET_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client, search]);
  return found;
}
