import type { ConversationId } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/** Returns the conversations with a draft, on any device. */
export function useDrafts(): ReadonlySet<ConversationId> {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const [drafts, setDrafts] = useState<ReadonlySet<ConversationId>>(new Set());
  useEffect(
    () =>
      client.on('draft', ({ conversation, draft }) =>
        setDrafts((now) => {
          if (now.has(conversation) === (draft !== null)) return now;
          const next = new Set(now);
          if (draft === null) next.delete(conversation);
          else next.add(conversation);
          return next;
        }),
      ),
    [client],
  );
  useEffect(() => {
    // Tried again with the next connection.
    if (isLive) client.drafts.load().catch(() => undefined);
  }, [client, isLive]);
  return drafts;
}
