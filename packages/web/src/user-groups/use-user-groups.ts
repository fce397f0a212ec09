import type { UserGroup, UserGroupId } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/** Returns the user groups, and loads them if they are not known yet. */
export function useUserGroups(): ReadonlyMap<UserGroupId, UserGroup> {
  const client = useClient();
  const groups = useParley((s) => s.userGroups);
  useEffect(() => {
    // If it fails, the next connection loads them; until then names are shown as typed.
    client.userGroups.load().catch(() => {});
  }, [client]);
  return groups;
}
