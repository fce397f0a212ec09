import type { Event } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient } from './use-client.ts';

/** Time without a further event after which a list is reloaded, ms. */
const QUIET_MS = 500;

/**
 * Reloads a list after events that change it; many events in a short time are one reload. `changes` tells which they
 * are, and must be the same function at each render, as `reload` must.
 */
export function useReloadOnEvents(
  changes: (event: Event) => boolean,
  reload: () => Promise<void>,
): void {
  const client = useClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = client.onEvent((event) => {
      if (!changes(event)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void reload(), QUIET_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client, changes, reload]);
}
