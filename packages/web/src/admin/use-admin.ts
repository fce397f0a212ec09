import { AdminApi } from '@parley/client';
import { useMemo } from 'react';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';

/** Returns the API for admins. */
export function useAdmin(): AdminApi {
  const client = useClient();
  return useMemo(() => new AdminApi(client.api), [client]);
}

/** Runs a request and shows a toast with its success or its error. Returns whether it succeeded. */
export async function attempt(work: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await work();
    toast.success(done);
    return true;
  } catch (error) {
    toast.error(errorMessage(error));
    return false;
  }
}
