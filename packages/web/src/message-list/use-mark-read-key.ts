import type { ConversationView } from '@parley/client';
import { useEffect, useRef } from 'react';
import { useClient } from '../session/use-client.ts';
import { isPressed, SHORTCUTS } from '../shortcuts/shortcuts.ts';

/** What Escape closes or leaves first: a thread, the details, a dialog, a menu, the search. */
const ELSEWHERE = '[data-thread], [role="dialog"], [role="alertdialog"], [role="menu"], #sidebar';

/**
 * Marks the conversation as read with Escape, pressed in the empty page, the list of messages or the message field.
 * Whatever else Escape closes there comes first.
 *
 * @param onMarked called in addition, to no longer keep messages unread that were marked as such
 */
export function useMarkReadKey(view: ConversationView, onMarked: () => void): void {
  const client = useClient();
  const current = useRef({ view, onMarked });
  current.current = { view, onMarked };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !isPressed(SHORTCUTS.anywhere.markRead, event)) return;
      if (event.target instanceof Element && event.target.closest(ELSEWHERE)) return;
      // Behind a dialog, the page is hidden from everyone.
      if (document.getElementById('content')?.closest('[aria-hidden="true"]')) return;
      const { view, onMarked } = current.current;
      if (view.unread === 0) return;
      onMarked();
      client.read(view.id, view.lastSeq);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [client]);
}
