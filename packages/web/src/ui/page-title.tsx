import { useEffect } from 'react';
import { SharedValue } from '../lib/shared-value.ts';

/** The title of the page in the browser tab, without that of the server. */
let title = '';
let unread = 0;
/** The title that screen readers announce. */
const announced = new SharedValue('');

let isWaiting = false;

/** Shows the title after the effects of this update: a page that replaces another one would set it twice. */
function show(): void {
  if (isWaiting) return;
  isWaiting = true;
  queueMicrotask(update);
}

function update(): void {
  isWaiting = false;
  const count = unread > 99 ? '99+' : String(unread);
  document.title = `${unread > 0 ? `(${count}) ` : ''}${title === '' ? '' : `${title} · `}Parley`;
  announced.set(title);
}

/** Sets the page’s title in the browser tab, and announces it to screen readers. */
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

/** Shows the number of unread messages in the title. */
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

/** Announces page changes to screen readers: browsers announce only full page loads. */
export function PageAnnouncer() {
  return (
    <p aria-live="polite" aria-atomic="true" className="sr-only">
      {announced.use()}
    </p>
  );
}
