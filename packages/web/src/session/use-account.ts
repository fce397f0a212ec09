import { AccountApi } from '@parley/client';
import { useMemo } from 'react';
import { useClient } from './use-client.ts';

/** Returns the API of the user’s own account. */
export function useAccount(): AccountApi {
  const client = useClient();
  return useMemo(() => new AccountApi(client.api), [client]);
}
