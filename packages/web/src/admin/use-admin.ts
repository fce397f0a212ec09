import { AdminApi } from '@parley/client';
import { useMemo } from 'react';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';

/** The API of administration. */
export function useAdmin(): AdminApi {
  const client = useClient();
  return useMemo(() => new AdminApi(client.api), [client]);
}

/** Does something and says that it is done, or why it was refused. True when it was done. */
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
