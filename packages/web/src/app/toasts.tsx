import { memo, useEffect, useState, useSyncExternalStore } from 'react';
import { idleAfterStart } from '../lib/idle-schedule.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { hasWaitingToasts, onWaitingToasts } from '../ui/toast.ts';

const Toaster = lazyPart(async () => (await import('./toaster.tsx')).Toaster);

/** Shows the toasts. Its code is loaded with the first one, or after the start. */
export const Toasts = memo(function Toasts() {
  const isWanted = useSyncExternalStore(onWaitingToasts, hasWaitingToasts);
  const [isLoaded, setLoaded] = useState(false);
  useEffect(() => {
    const show = () => setLoaded(true);
    if (isWanted) Toaster.loadAhead(show, 'needed');
    else return idleAfterStart.schedule(() => Toaster.loadAhead(show));
  }, [isWanted]);
  return isLoaded && <Toaster />;
});
