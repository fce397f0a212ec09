import type { ConversationId } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/** Starts counting open reports if the user may read any: all of them, or those of a group. */
export function useOpenReports(): void {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const mayRead = useParley(
    (s) =>
      s.me?.permissions.includes('administer') === true ||
      [...s.conversations.values()].some(({ permissions }) => permissions.includes('ban')),
  );
  useEffect(() => {
    // Retried every minute.
    if (isLive && mayRead) client.openReports.load().catch(() => undefined);
  }, [client, isLive, mayRead]);
}

/** Returns the number of open reports on the server; 0 for users who are not admins of it. */
export const useAllOpenReports = (): number =>
  useParley((s) => (s.me?.permissions.includes('administer') ? s.openReports.open : 0));

/** Returns the number of open reports of a group that the user may read. */
export const useOpenReportsOf = (group: ConversationId): number =>
  useParley((s) => s.openReports.conversations.get(group) ?? 0);
