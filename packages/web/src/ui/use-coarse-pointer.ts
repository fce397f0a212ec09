import { useSyncExternalStore } from 'react';

const query = window.matchMedia('(pointer: coarse)');

/** Returns whether the user has a touch screen: no hover, and larger targets. */
export function useCoarsePointer(): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener('change', listener);
      return () => query.removeEventListener('change', listener);
    },
    () => query.matches,
  );
}
