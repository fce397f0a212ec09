import type { AccountId } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';

/** Returns a lookup of display names, and loads the users that are not known yet. */
export function useNames(ids: readonly AccountId[]): (id: AccountId) => string {
  const client = useClient();
  const users = useParley((s) => s.users);
  // Stored at once, unlike the list of users.
  const me = useParley((s) => s.me);
  useEffect(() => {
    for (const id of ids) client.loadUser(id);
  }, [client, ids]);
  return (id) =>
    users.get(id)?.displayName ?? (id === me?.id ? me.displayName : t('common.someone'));
}
