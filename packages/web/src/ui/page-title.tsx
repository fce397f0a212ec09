import { useEffect, useSyncExternalStore } from 'react';

let title = '';
let unread = 0;
const listeners = new Set<() => void>();

function show(): void {
  const count = unread > 99 ? '99+' : String(unread);
  document.title = `${unread > 0 ? `(${count}) ` : ''}${title === '' ? '' : `${title} · `}Parley`;
  for (const listener of listeners) listener();
}

/** Names the page in the browser’s tab, and to screen readers when one comes to it. */
export function usePageTitle(name: string): void {
  useEffect(() => {
    title = name;
    show();
    return () => {
      title = '';
      show();
    };
  }, [name]);
}

/** The tab tells how much is unread. */
export function useUnreadInTitle(count: number): void {
  useEffect(() => {
    unread = count;
    show();
    return () => {
      unread = 0;
      show();
    };
  }, [count]);
}

/** Says which page one has come to: browsers say nothing when only a part of the page changes. */
export function PageAnnouncer() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => title,
  );
  return (
    <p aria-live="polite" aria-atomic="true" className="sr-only">
      {shown}
    </p>
  );
}
