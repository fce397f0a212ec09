import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { refresh } from './query-client.ts';

/** Returns what requests again what a change has made outdated, by its key. */
export function useRefresh(): (queryKey: QueryKey) => Promise<void> {
  const client = useQueryClient();
  return useCallback((queryKey) => refresh(client, { queryKey }), [client]);
}
