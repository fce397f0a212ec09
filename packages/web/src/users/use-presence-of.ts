import type { AccountId } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient } from '../session/use-client.ts';
import type { ShownPresence } from '../ui/presence-dot.tsx';
import { useShownPresence } from './shown-presence.ts';

/** Returns a lookup of the presence of users, and subscribes to it while the component is shown. */
export function usePresenceOf(ids: readonly AccountId[]): (id: AccountId) => ShownPresence {
  usePresenceSubscription(ids);
  return useShownPresence();
}

/** Subscribes to the presence and the statuses of users while the component is shown. */
export function usePresenceSubscription(ids: readonly AccountId[]): void {
  const client = useClient();
  // The list is usually a new array with the same accounts.
  const key = ids.join();
  useEffect(() => {
    if (key !== '') return client.subscribePresence(key.split(',') as AccountId[]);
  }, [client, key]);
}
