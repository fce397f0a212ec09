import type { ConversationId } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef } from 'react';
import { useClient } from '../session/use-client.ts';
import { isPressed, SHORTCUTS, type Shortcut } from '../shortcuts/shortcuts.ts';
import { type Arrangement, neighborOf } from './arrangement.ts';
import { isUnread } from './arranger.ts';
import { isOutOfSight } from './unread-pills.tsx';

/**
 * Opens the previous or the next conversation of the sidebar with Alt and the arrow keys, from anywhere on the page,
 * and shows its row. With Shift, only unread conversations count.
 */
export function useStepKeys(
  list: RefObject<HTMLElement | null>,
  arrangement: Arrangement,
  isMuted: (id: ConversationId) => boolean,
  open: ConversationId | undefined,
): void {
  const client = useClient();
  const navigate = useNavigate();
  const current = useRef({ arrangement, isMuted, open });
  current.current = { arrangement, isMuted, open };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { next, nextUnread, previous, previousUnread } = SHORTCUTS.anywhere;
      const is = (...shortcuts: Shortcut[]) => shortcuts.some((one) => isPressed(one, event));
      const step = is(next, nextUnread) ? 1 : is(previous, previousUnread) ? -1 : null;
      // Behind a dialog, the list is hidden from everyone.
      if (!step || event.defaultPrevented || list.current?.closest('[aria-hidden="true"]')) return;
      event.preventDefault();
      const { arrangement, isMuted, open } = current.current;
      const { conversations } = client.snapshot;
      const isCounted = (id: ConversationId) => {
        const view = conversations.get(id);
        return view !== undefined && isUnread(view, isMuted(id));
      };
      const id = neighborOf(arrangement, open, step, event.shiftKey ? isCounted : undefined);
      if (id) void navigate({ to: '/c/$id', params: { id } });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [client, navigate, list]);
  useEffect(() => {
    const row = open && list.current?.querySelector(`[data-row="${open}"]`);
    if (list.current && row && isOutOfSight(row, list.current)) {
      row.scrollIntoView({ block: 'center' });
    }
  }, [list, open]);
}
