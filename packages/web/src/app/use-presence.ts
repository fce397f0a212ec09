import { useEffect } from 'react';
import { useClient } from '../session/use-client.ts';

/** Without a key or a move for this long the person counts as away, ms. */
const IDLE_MS = 5 * 60_000;

/** Tells whether the person is at the page. */
export function usePresence(): void {
  const client = useClient();
  useEffect(() => {
    let state: 'active' | 'idle' = 'active';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const become = (next: 'active' | 'idle') => {
      if (next === state) return;
      state = next;
      client.setPresence(next);
    };
    const seen = () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') become('active');
      timer = setTimeout(() => become('idle'), IDLE_MS);
    };
    const kinds = ['keydown', 'pointermove', 'pointerdown', 'visibilitychange'] as const;
    for (const kind of kinds) document.addEventListener(kind, seen, { passive: true });
    seen();
    return () => {
      clearTimeout(timer);
      for (const kind of kinds) document.removeEventListener(kind, seen);
    };
  }, [client]);
}
