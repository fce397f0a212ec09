import { useSyncExternalStore } from 'react';

const query = window.matchMedia('(pointer: coarse)');

/** Whether the person uses fingers: nothing can be hovered, and what is touched must be larger. */
export function useCoarsePointer(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => query.matches,
  );
}
