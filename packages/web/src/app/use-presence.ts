import { useEffect } from 'react';
import { useClient } from '../session/use-client.ts';

/** A user without input for this long is away, ms. */
const IDLE_MS = 5 * 60_000;

/** Reports to the server whether the user is active or away. */
export function usePresence(): void {
  const client = useClient();
  useEffect(() => {
    let state: 'active' | 'idle' = 'active';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const setState = (next: 'active' | 'idle') => {
      if (next === state) return;
      state = next;
      client.setPresence(next);
    };
    const onInput = () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') setState('active');
      timer = setTimeout(() => setState('idle'), IDLE_MS);
    };
    const kinds = ['keydown', 'pointermove', 'pointerdown', 'visibilitychange'] as const;
    for (const kind of kinds) document.addEventListener(kind, onInput, { passive: true });
    onInput();
    return () => {
      clearTimeout(timer);
      for (const kind of kinds) document.removeEventListener(kind, onInput);
    };
  }, [client]);
}
