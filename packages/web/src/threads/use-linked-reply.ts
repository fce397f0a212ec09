import type { TimelineMessage } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { takeFocus } from '../ui/take-focus.ts';

/**
 * Scrolls to the reply that a link names and focuses it, once for each navigation: replies that arrive
 * while the link is in the address take neither the focus nor the position from the user.
 */
export function useLinkedReply({
  linked,
  visit,
  messages,
  box,
  target,
  onFound,
  onScrolled,
}: {
  linked: Seq | null;
  /** Identifies the navigation. */
  visit: string | undefined;
  messages: readonly TimelineMessage[];
  box: RefObject<HTMLElement | null>;
  /** The reply that is marked as the target. */
  target: Seq | null;
  /** Called with the reply, to mark it as the target. */
  onFound: (seq: Seq) => void;
  onScrolled: () => void;
}): void {
  const lastLink = useRef<string | null>(null);
  const link = linked === null ? null : `${linked} ${visit}`;
  const handlers = useRef({ onFound, onScrolled });
  handlers.current = { onFound, onScrolled };
  /** The reply that gets the focus once it is marked, in this render or a later one. */
  const awaited = useRef<Seq | null>(null);
  const showIn = useCallback(
    (target: Seq | null) => {
      if (target === null || target !== awaited.current) return;
      awaited.current = null;
      const element = box.current?.querySelector<HTMLElement>('[data-target]');
      element?.scrollIntoView({ block: 'center' });
      takeFocus(element);
      handlers.current.onScrolled();
    },
    [box],
  );
  useLayoutEffect(() => showIn(target));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the target is read as it is when the reply is found
  useEffect(() => {
    if (linked === null || link === lastLink.current) return;
    if (!messages.some((m) => m.seq === linked)) return;
    lastLink.current = link;
    awaited.current = linked;
    handlers.current.onFound(linked);
    // It is the target of an earlier navigation, and still has the focus, or is not rendered again.
    showIn(target);
  }, [linked, link, messages, showIn]);
}
