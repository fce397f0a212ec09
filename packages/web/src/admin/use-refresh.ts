import { useEffect } from 'react';

/** Calls `refresh` at an interval while the page is visible, and as soon as it becomes visible again. */
export function useRefresh(refresh: () => Promise<void>, everyMs: number): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isEnded = false;
    const next = () => {
      clearTimeout(timer);
      if (isEnded || document.visibilityState === 'hidden') return;
      timer = setTimeout(() => void refresh().then(next, next), everyMs);
    };
    const onVisible = () => {
      if (document.visibilityState === 'visible') void refresh().then(next, next);
    };
    next();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      isEnded = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [refresh, everyMs]);
}
