import { useEffect } from 'react';
import { followRemoval } from '../ui/return-focus.ts';

/** Keeps the focus in a list when the focused entry is removed from it. */
export function useFocusAfterRemoval(): void {
  useEffect(() => {
    let stop: (() => void) | undefined;
    const onFocus = ({ target }: FocusEvent) => {
      stop?.();
      // Another handler of this event has moved the focus on, and that event was handled first.
      if (document.activeElement !== target) return;
      const isInList = target instanceof HTMLElement && target.closest('li') !== null;
      stop = isInList ? followRemoval(target) : undefined;
    };
    document.addEventListener('focusin', onFocus);
    return () => {
      document.removeEventListener('focusin', onFocus);
      stop?.();
    };
  }, []);
}
