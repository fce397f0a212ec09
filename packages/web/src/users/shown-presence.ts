import type { AccountId, PresenceState } from '@parley/protocol';
import { useCallback } from 'react';
import { usePresenceState, useStatus } from '../session/entries.ts';
import { useParley } from '../session/use-client.ts';
import type { ShownPresence } from '../ui/presence-dot.tsx';

function shownPresence(
  state: PresenceState = 'offline',
  status: { readonly doNotDisturbUntil: string | null } | undefined,
): ShownPresence {
  // The server removes the time when it has passed.
  return state !== 'offline' && status?.doNotDisturbUntil ? 'busy' : state;
}

/** Returns what is shown of the presence of a user that is subscribed to; undefined without a user. */
export function useShownPresenceOf(id: AccountId | null | undefined): ShownPresence | undefined {
  const state = usePresenceState(id);
  const status = useStatus(id);
  return id ? shownPresence(state, status) : undefined;
}

/** Returns a lookup of the presence of the users that are subscribed to. */
export function useShownPresence(): (id: AccountId) => ShownPresence {
  const presence = useParley((s) => s.presence);
  const statuses = useParley((s) => s.statuses);
  return useCallback(
    (id) => shownPresence(presence.get(id), statuses.get(id)),
    [presence, statuses],
  );
}
