import type { ClientSnapshot } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useCallback, useEffect, useState } from 'react';
import { useMuted } from '../notifications/use-muted.ts';
import { useClient, useParley } from '../session/use-client.ts';
import type { Arrangement } from './arrangement.ts';
import { Arranger } from './arranger.ts';

/**
 * Returns the conversations in their sections. While `isHeld`, messages and reading move no row and hide none: the
 * pointer is over them. The component is rendered again only when the arrangement changes, not at each message.
 */
export function useArrangement(
  isHeld: boolean,
  open: ConversationId | undefined,
): { arrangement: Arrangement; isMuted: (id: ConversationId) => boolean } {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const isMuted = useMuted();
  useEffect(() => {
    // Retried at the next connection.
    if (isLive) client.sidebar.load().catch(() => undefined);
  }, [client, isLive]);
  const [arranger] = useState(() => new Arranger());
  const select = useCallback(
    (snapshot: ClientSnapshot) => arranger.arrange({ snapshot, isMuted, isHeld, open }),
    [arranger, isMuted, isHeld, open],
  );
  return { arrangement: useParley(select), isMuted };
}
