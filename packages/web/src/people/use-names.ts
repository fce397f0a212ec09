import type { AccountId } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/** Gives names of people; those not known yet are loaded. */
export function useNames(ids: readonly AccountId[]): (id: AccountId) => string {
  const client = useClient();
  const people = useParley((s) => s.people);
  useEffect(() => {
    for (const id of ids) client.wantPerson(id);
  }, [client, ids]);
  return (id) => people.get(id)?.displayName ?? 'Somebody';
}
