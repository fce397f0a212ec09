import { useEffect, useRef } from 'react';

/** A part of the web platform that not all browsers have, and that TypeScript does not know. */
interface CloseWatcher {
  onclose: (() => void) | null;
  destroy(): void;
}

/**
 * Closes what is open on a request of the platform: the back button or gesture of Android, which would leave the page
 * otherwise. With a keyboard, Escape is handled by what is open.
 */
export function useCloseRequest(isOpen: boolean, onClose: () => void): void {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const { CloseWatcher: Watcher } = window as { CloseWatcher?: new () => CloseWatcher };
    if (!isOpen || !Watcher || !window.matchMedia('(pointer: coarse)').matches) return undefined;
    const watcher = new Watcher();
    watcher.onclose = () => close.current();
    return () => watcher.destroy();
  }, [isOpen]);
}
