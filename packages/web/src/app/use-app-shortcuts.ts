import type { ConversationId } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { isField, isSearchKey } from '../search/search-shortcut.ts';
import { useClient } from '../session/use-client.ts';
import { isPressed, SHORTCUTS } from '../shortcuts/shortcuts.ts';
import { singleKeysAreOn } from '../shortcuts/single-keys.ts';
import { markAllRead } from '../sidebar/mark-all-read.ts';

/** Returns whether a single character typed in this element may be a shortcut. */
const mayBeSingleKey = (target: EventTarget | null): boolean =>
  !isField(target) && singleKeysAreOn();

/** Handles the shortcuts that work on every page: search, the quick switcher, and the list of shortcuts. */
export function useAppShortcuts({
  conversation,
  preloadSwitcher,
  openSwitcher,
  openShortcuts,
}: {
  /** The conversation that is open: search begins in it. */
  conversation: ConversationId | undefined;
  preloadSwitcher: () => void;
  openSwitcher: () => void;
  openShortcuts: () => void;
}): void {
  const client = useClient();
  const navigate = useNavigate();
  useEffect(() => {
    const { markAllRead: allRead, sheet, switcher } = SHORTCUTS.anywhere;
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
        openShortcuts();
      } else if (isPressed(allRead, event)) {
        event.preventDefault();
        void markAllRead(client);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [client, navigate, conversation, openSwitcher, openShortcuts, preloadSwitcher]);
}
