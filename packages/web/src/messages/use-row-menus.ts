import type { TimelineMessage } from '@parley/client';
import { type MouseEvent, type RefObject, useState } from 'react';
import { joinHandlers } from '../ui/join-handlers.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { useLongPress } from '../ui/use-long-press.ts';
import { useSwipe } from '../ui/use-swipe.ts';
import { opensMessageMenu } from './context-menu.ts';
import { MessageActions } from './lazy-message-actions.ts';
import { useQuotes } from './quoted-messages.ts';
import { useToolbar } from './use-toolbar.ts';

/**
 * Holds how the actions on a message are shown: as a toolbar under the mouse or the focus, as a menu where the mouse
 * was right-clicked, or, on touch screens, as a sheet after a long press. There, a swipe starts a reply.
 */
export function useRowMenus(
  message: TimelineMessage,
  article: RefObject<HTMLElement | null>,
  /** Whether there are actions on the message now. */
  isActionable: boolean,
) {
  const isTouch = useCoarsePointer();
  const toolbar = useToolbar(isActionable && !isTouch, MessageActions.loadAhead);
  const [isSheetOpen, setSheetOpen] = useState(false);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | null>(null);
  const { reply } = useQuotes();
  const press = useLongPress(() => setSheetOpen(true));
  const swipe = useSwipe(article, () => reply?.(message.seq));
  const canSwipe = isActionable && isTouch && reply !== null;
  return {
    isTouch,
    isActionable,
    canSwipe,
    isToolbarRendered: toolbar.isRendered,
    isSheetOpen,
    setSheetOpen,
    menuAt,
    closeMenu: () => setMenuAt(null),
    handlers: {
      ...toolbar.handlers,
      ...(isActionable && isTouch && (canSwipe ? joinHandlers(press, swipe) : press)),
      onContextMenu: (event: MouseEvent) => {
        // A long press opens our sheet; its “Copy text” replaces the browser’s menu.
        if (!isActionable || (!isTouch && !opensMessageMenu(event.target, event.shiftKey))) return;
        event.preventDefault();
        if (!isTouch) setMenuAt({ x: event.clientX, y: event.clientY });
      },
    },
  };
}

/** What {@link useRowMenus} returns. */
export type RowMenusState = ReturnType<typeof useRowMenus>;
