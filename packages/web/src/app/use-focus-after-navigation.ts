import type { AnyRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { focusContent } from '../ui/return-focus.ts';

/**
 * Focuses the content of each page that is opened if the element that had the focus went with the page before, so that
 * Tab goes on from there. Called outside of all pages: a log-in opens a page of another layout.
 */
export function useFocusAfterNavigation(router: AnyRouter): void {
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        // A page that was loaded begins at its top.
        if (fromLocation === undefined || !pathChanged) return;
        const { activeElement } = document;
        // The content as a whole has the focus if the page before had nothing else to focus.
        const isWhole = activeElement?.id === 'content' || activeElement?.id === 'sidebar';
        if (activeElement === document.body || isWhole) focusContent();
      }),
    [router],
  );
}
