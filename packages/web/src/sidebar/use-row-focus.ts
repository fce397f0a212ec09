import { type FocusEvent, type RefObject, useLayoutEffect, useRef } from 'react';
import type { Arrangement } from './arrangement.ts';

/**
 * Keeps the focus in a row that moves to another section: there it is a new element. Where the row was, the next one
 * would otherwise get the focus, or the content of the page.
 *
 * @returns handlers for the list
 */
export function useRowFocus(
  list: RefObject<HTMLElement | null>,
  arrangement: Arrangement,
): { onFocus: (event: FocusEvent) => void; onBlur: () => void } {
  const focused = useRef<string | null>(null);
  // Runs in the commit that moves the row: React reports no loss of the focus that its own changes cause.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when rows may have moved.
  useLayoutEffect(() => {
    if (focused.current === null || document.activeElement !== document.body) return;
    list.current
      ?.querySelector<HTMLElement>(`[data-row="${focused.current}"] [data-focusable]`)
      ?.focus({ preventScroll: true });
  }, [list, arrangement]);
  return {
    onFocus: ({ target }) => {
      focused.current = target.closest<HTMLElement>('[data-row]')?.dataset.row ?? null;
    },
    onBlur: () => {
      focused.current = null;
    },
  };
}
