import type { AnyRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { focusContent } from '../ui/return-focus.ts';

/**
 * Focuses the content of a newly opened page if nothing has the focus, so that Tab continues from there: the focused
 * element was removed with the previous page, or the page was loaded. Called outside of all pages, because a login
 * opens a page with another layout.
 */
export function useFocusAfterNavigation(router: AnyRouter): void {
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        if (fromLocation !== undefined && !pathChanged) return;
        const { activeElement } = document;
        // The content itself has the focus if the previous page had nothing else to focus.
        const isWhole = activeElement?.id === 'content' || activeElement?.id === 'sidebar';
        if (activeElement === document.body || isWhole) focusContent();
      }),
    [router],
  );
}
