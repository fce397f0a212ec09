import type { Timeline } from '@parley/client';
import type { ConversationId, Seq } from '@parley/protocol';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { messageOfHash, placeOf } from '../lib/message-hash.ts';
import { useClient } from '../session/use-client.ts';

/**
 * Shows the message that the URL links to, for instance from a search, at each navigation to it. A reply that is
 * only in its thread is shown there. Returns the seq of the message.
 */
export function useLinkedMessage(
  timeline: Timeline,
  isThreadOpen: boolean,
  show: (seq: Seq) => void,
): Seq | null {
  const client = useClient();
  const navigate = useNavigate();
  const { hash, visit } = useVisit(timeline.conversation);
  const linked = messageOfHash(hash);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each navigation to the message shows it again
  useEffect(() => {
    if (linked === null || isThreadOpen) return;
    let isCurrent = true;
    const open = async () => {
      const { conversation, snapshot } = timeline;
      const isLoaded = snapshot.messages.some((message) => message.seq === linked);
      // A link may name a reply that is only in its thread.
      const message = isLoaded
        ? null
        : await client.api.message(conversation, linked).catch(() => null);
      if (!isCurrent) return;
      const place = message && placeOf(message);
      if (place?.search.thread === undefined) show(linked);
      else void navigate({ to: '/c/$id', params: { id: conversation }, ...place, replace: true });
    };
    void open();
    return () => {
      isCurrent = false;
    };
  }, [hash, visit]);
  return linked;
}

/**
 * Returns the last navigation to a conversation, and the hash of the URL. Unchanged when the user leaves it: its page is
 * about to be removed, and rendering it once more would delay the next one.
 */
function useVisit(conversation: ConversationId): { visit: string; hash: string } {
  const last = useRef(' ');
  last.current = useLocation({
    select: ({ pathname, hash, state }) =>
      pathname === `/c/${conversation}` ? `${state.__TSR_key} ${hash}` : last.current,
  });
  const [visit = '', hash = ''] = last.current.split(' ');
  return { visit, hash };
}
