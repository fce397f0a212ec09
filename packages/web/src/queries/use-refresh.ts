import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { refresh } from './query-client.ts';

/** Returns a function that refetches the queries under a key after a change. */
export function useRefresh(): (queryKey: QueryKey) => Promise<void> {
  const client = useQueryClient();
  return useCallback((queryKey) => refresh(client, { queryKey }), [client]);
}
