import type { ConversationId } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/** Has the open reports counted, from now on, if the user may read some: all, or those of a group. */
export function useOpenReports(): void {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const mayRead = useParley(
    (s) =>
      s.me?.permissions.includes('administer') === true ||
      [...s.conversations.values()].some(({ permissions }) => permissions.includes('ban')),
  );
  useEffect(() => {
    // Tried again every minute.
    if (isLive && mayRead) client.openReports.load().catch(() => undefined);
  }, [client, isLive, mayRead]);
}

/** Returns how many open reports there are that an admin of the server may read; 0 for everyone else. */
export const useAllOpenReports = (): number =>
  useParley((s) => (s.me?.permissions.includes('administer') ? s.openReports.open : 0));

/** Returns how many open reports of a group there are that the user may read. */
export const useOpenReportsOf = (group: ConversationId): number =>
  useParley((s) => s.openReports.conversations.get(group) ?? 0);
