import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { focusContent } from '../ui/return-focus.ts';

/**
 * Focuses the content of each page that is opened if the element that had the focus went with the page before, so that
 * Tab goes on from there.
 */
export function useFocusAfterNavigation(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        // A page that was loaded begins at its top.
        if (fromLocation === undefined || !pathChanged) return;
        if (document.activeElement === document.body) focusContent();
      }),
    [router],
  );
}
