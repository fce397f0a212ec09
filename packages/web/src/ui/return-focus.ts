import { useLayoutEffect, useRef } from 'react';

/** Whether the device has a mouse or the like: focusing a text field opens no keyboard there. */
const hasFinePointer = (): boolean => window.matchMedia('(pointer: fine)').matches;

/**
 * Puts the focus where typing goes on: into the field of the conversation, or on the content of the
 * page, so that keyboards and screen readers do not start again at the top of the page.
 */
export function focusContent(): void {
  const field = hasFinePointer() ? document.querySelector<HTMLElement>('[data-composer]') : null;
  (field ?? document.getElementById('content'))?.focus({ preventScroll: true });
}

/**
 * Returns a handler for `onCloseAutoFocus` that gives the focus back to what had it when the dialog
 * opened, or to the content of the page when that is gone.
 */
export function useReturnFocus(isOpen: boolean): (event: Event) => void {
  const opener = useRef<Element | null>(null);
  // The dialog takes the focus after this: its content is mounted in a later pass.
  useLayoutEffect(() => {
    if (isOpen) opener.current = document.activeElement;
  }, [isOpen]);
  return (event) => {
    event.preventDefault();
    const now = document.activeElement;
    // Something else has asked for the focus meanwhile, such as the page that was gone to.
    if (now !== null && now !== document.body && now.isConnected && !isInside(now, event)) return;
    const before = opener.current;
    if (before instanceof HTMLElement && before !== document.body && isShown(before)) {
      before.focus({ preventScroll: true });
    }
    if (document.activeElement === document.body) focusContent();
  };
}

const isInside = (element: Element, event: Event): boolean =>
  event.target instanceof Node && event.target.contains(element);

const isShown = (element: HTMLElement): boolean =>
  element.isConnected && element.getClientRects().length > 0;
