import { useEffect } from 'react';
import { storeShell } from '../lib/service-worker.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';
import { newVersion } from './new-version.ts';
import { keepStorage } from './storage.ts';

/**
 * Keeps the web client usable offline, warns when this device can’t store data, and checks for
 * new versions. A page never reloads by itself: the user may be typing.
 */
export function useOffline(): void {
  const client = useClient();
  useEffect(
    () =>
      client.on('storage', (error) => {
        // The store is retried after a reload.
        console.warn('Data is not stored on this device:', error);
        const isFull = error.name === 'QuotaExceededError';
        toast.warning(t('storage.title'), {
          description: t(isFull ? 'storage.full' : 'storage.failed'),
          duration: Number.POSITIVE_INFINITY,
          closeButton: true,
        });
      }),
    [client],
  );
  const isLive = useParley((s) => s.state) === 'live';
  useEffect(() => {
    if (!isLive) return;
    // Runs after the visible content. The server may have been upgraded while this page was
    // disconnected.
    return whenIdle(() => {
      void storeShell();
      void keepStorage();
      void newVersion.check();
    });
  }, [isLive]);
  useEffect(() => {
    const timer = setInterval(() => void newVersion.check(), CHECK_MS);
    return () => clearInterval(timer);
  }, []);
}

/** How often a connected page checks for a new version, ms. */
const CHECK_MS = 3_600_000;

/** Calls the function when the browser is idle. Returns a function that cancels it. */
function whenIdle(run: () => void): () => void {
  // Safari has no idle callbacks.
  if (!('requestIdleCallback' in window)) {
    const timer = setTimeout(run, 1_000);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(run, { timeout: 5_000 });
  return () => cancelIdleCallback(handle);
}
