import { useEffect } from 'react';
import { idleAfterStart } from '../lib/idle-schedule.ts';

/**
 * Loads the scripts of a session into the browser's cache while a page of the login is shown and idle, so that the first
 * conversation does not wait for them.
 */
export function usePrefetchedSession(): void {
  useEffect(() => idleAfterStart.schedule(prefetchSession), []);
}

/**
 * Prefetches the scripts that `public/preload.js` requests for someone who is logged in. `modulepreload` would also
 * compile them, but after a failure of the network the page could not import them until it is reloaded.
 */
function prefetchSession(): void {
  const { scripts } = document.querySelector<HTMLElement>('script[data-scripts]')?.dataset ?? {};
  // A development server has no such list.
  if (scripts === undefined) return;
  const { session } = JSON.parse(scripts) as { session: string[] };
  for (const href of session) {
    if (document.head.querySelector(`link[href="${href}"]`)) continue;
    const link = Object.assign(document.createElement('link'), {
      rel: 'prefetch',
      as: 'script',
      crossOrigin: '',
      href,
    });
    document.head.append(link);
  }
}
