import type { ParleyClient } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { isField, isSearchKey } from '../search/search-shortcut.ts';
import { useClient } from '../session/use-client.ts';
import { isPressed, SHORTCUTS } from '../shortcuts/shortcuts.ts';
import { singleKeysAreOn } from '../shortcuts/single-keys.ts';
import type { SidebarDialog } from '../sidebar/dialogs.tsx';
import { markAllRead } from '../sidebar/mark-all-read.ts';
import { attempt } from '../ui/attempt.ts';

/** Returns whether a single character typed in this element may be a shortcut. */
const mayBeSingleKey = (target: EventTarget | null): boolean =>
  !isField(target) && singleKeysAreOn();

/** The shortcuts that open a page. */
const PAGES = [
  ['activity', '/activity'],
  ['saved', '/saved'],
  ['settings', '/settings/profile'],
] as const;

/** Handles the shortcuts that work on every page, such as search and the quick switcher. */
export function useAppShortcuts({
  conversation,
  preloadSwitcher,
  openSwitcher,
  openDialog,
}: {
  /** The conversation that is open: search begins in it. */
  conversation: ConversationId | undefined;
  preloadSwitcher: () => void;
  openSwitcher: () => void;
  openDialog: (dialog: SidebarDialog) => void;
}): void {
  const client = useClient();
  const navigate = useNavigate();
  useEffect(() => {
    const { anywhere } = SHORTCUTS;
    const { sheet, switcher } = anywhere;
    /** What the other shortcuts do; null: the key is none of them. */
    const actionOf = (event: KeyboardEvent): (() => void) | null => {
      const page = PAGES.find(([name]) => isPressed(anywhere[name], event));
      if (page) return () => void navigate({ to: page[1] });
      if (isPressed(anywhere.markAllRead, event)) return () => void markAllRead(client);
      if (isPressed(anywhere.unreadOnly, event)) return () => void toggleUnreadOnly(client);
      if (isPressed(anywhere.direct, event)) return () => openDialog('direct');
      const mayBrowse = client.snapshot.me?.permissions.includes('browse_groups');
      if (mayBrowse && isPressed(anywhere.browse, event)) return () => openDialog('browse');
      return null;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      // Preloaded when the modifier is pressed, because text typed after the shortcut belongs to
      // the switcher.
      if (event.key === 'Control' || event.key === 'Meta') preloadSwitcher();
      const place = {
        key: event.key,
        ctrlKey: event.ctrlKey,
        metaKey: event.metaKey,
        shiftKey: event.shiftKey,
        altKey: event.altKey,
        isInField: !mayBeSingleKey(event.target),
      };
      if (isSearchKey(place, conversation !== undefined)) {
        event.preventDefault();
        const field = document.querySelector<HTMLElement>('[data-search-field]');
        if (field) field.focus();
        else
          void navigate({ to: '/search', search: { q: conversation ? `in:${conversation}` : '' } });
      } else if (isPressed(switcher, event)) {
        event.preventDefault();
        openSwitcher();
      } else if (isPressed(sheet, event) && (event.key !== '?' || mayBeSingleKey(event.target))) {
        event.preventDefault();
        openDialog('shortcuts');
      } else {
        const run = actionOf(event);
        if (!run) return;
        event.preventDefault();
        run();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [client, navigate, conversation, openSwitcher, openDialog, preloadSwitcher]);
}

/** Shows only unread conversations in the sidebar, or all again. */
const toggleUnreadOnly = (client: ParleyClient): Promise<boolean> =>
  attempt(() => client.sidebar.setUnreadOnly(!client.snapshot.sidebar.layout.unreadOnly));
