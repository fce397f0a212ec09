import type { TimelineMessage } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { type RefObject, useEffect, useRef } from 'react';
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
  onFound,
  onScrolled,
}: {
  linked: Seq | null;
  /** Identifies the navigation. */
  visit: string | undefined;
  messages: readonly TimelineMessage[];
  box: RefObject<HTMLElement | null>;
  /** Called with the reply, to mark it as the target. */
  onFound: (seq: Seq) => void;
  onScrolled: () => void;
}): void {
  const shown = useRef<string | null>(null);
  const link = linked === null ? null : `${linked} ${visit}`;
  const handlers = useRef({ onFound, onScrolled });
  handlers.current = { onFound, onScrolled };
  useEffect(() => {
    if (linked === null || link === shown.current) return;
    if (!messages.some((m) => m.seq === linked)) return;
    shown.current = link;
    handlers.current.onFound(linked);
    requestAnimationFrame(() => {
      const element = box.current?.querySelector<HTMLElement>('[data-target]');
      element?.scrollIntoView({ block: 'center' });
      takeFocus(element);
      handlers.current.onScrolled();
    });
  }, [linked, link, messages, box]);
}
