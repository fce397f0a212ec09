import { draftKey } from '@parley/client';
import { useEffect, useState } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/** Returns the keys of all drafts, on any device: that of a conversation is its id. */
export function useDrafts(): ReadonlySet<string> {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const [drafts, setDrafts] = useState<ReadonlySet<string>>(new Set());
  useEffect(
    () =>
      client.on('draft', (change) => {
        const key = draftKey(change);
        setDrafts((now) => {
          if (now.has(key) === (change.draft !== null)) return now;
          const next = new Set(now);
          if (change.draft === null) next.delete(key);
          else next.add(key);
          return next;
        });
      }),
    [client],
  );
  useEffect(() => {
    // Retried at the next connection.
    if (isLive) client.drafts.load().catch(() => undefined);
  }, [client, isLive]);
  return drafts;
}
