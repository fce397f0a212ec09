import type { ClientSnapshot } from '@parley/client';
import type { AccountId, PresenceState } from '@parley/protocol';
import { useCallback } from 'react';
import { useParley } from '../session/use-client.ts';

/** What is shown of the presence of a user; `busy`: does not want to be disturbed. */
export type ShownPresence = PresenceState | 'busy';

/** Returns what is shown of the presence of a user that is subscribed to. */
export function shownPresenceIn(
  { presence, statuses }: Pick<ClientSnapshot, 'presence' | 'statuses'>,
  id: AccountId,
): ShownPresence {
  const state = presence.get(id) ?? 'offline';
  // The server removes the time when it has passed.
  return state !== 'offline' && statuses.get(id)?.doNotDisturbUntil ? 'busy' : state;
}

/** Returns a lookup of the presence of the users that are subscribed to. */
export function useShownPresence(): (id: AccountId) => ShownPresence {
  const presence = useParley((s) => s.presence);
  const statuses = useParley((s) => s.statuses);
  return useCallback((id) => shownPresenceIn({ presence, statuses }, id), [presence, statuses]);
}
