import { AdminApi } from '@parley/client';
import { useMemo } from 'react';
import { useClient } from './use-client.ts';

/** Returns the API for admins. */
export function useAdmin(): AdminApi {
  const client = useClient();
  return useMemo(() => new AdminApi(client.api), [client]);
}
