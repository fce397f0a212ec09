import { type RefObject, useLayoutEffect, useRef } from 'react';

/** Returns whether there is a mouse: focusing a text field then opens no on-screen keyboard. */
export const hasFinePointer = (): boolean => window.matchMedia('(pointer: fine)').matches;

/**
 * Focuses the composer, or else the content of the page, so that keyboard and screen reader users do
 * not start again at the top of the page. Where the sidebar fills the screen, it is the content.
 */
export function focusContent(): void {
  const field = hasFinePointer() ? document.querySelector<HTMLElement>('[data-composer]') : null;
  const content = document.getElementById('content');
  const main = content && isShown(content) ? content : document.getElementById('sidebar');
  (field ?? main)?.focus({ preventScroll: true });
}

/** What opened the dialogs that have not returned the focus yet. */
let openers: readonly Element[] = [];

/**
 * Returns a handler for `onCloseAutoFocus` that returns the focus to the element that had it when the dialog opened.
 * If that element is gone, as the buttons of a message are without the focus, the focus goes to the next action of its
 * message, such as “Undo” after a deletion, or else to the message; or near its entry of a list; or to what opened the
 * dialog before, of which this one was the next step; or to the content of the page.
 *
 * @param trigger the button of a menu, which gets the focus back: a mouse opens the menu before its button is focused
 */
export function useReturnFocus(
  isOpen: boolean,
  trigger?: RefObject<Element | null>,
): (event: Event) => void {
  const opener = useRef<Element | null>(null);
  const message = useRef<HTMLElement | null>(null);
  const focusOthers = useRef<(isLost: () => boolean) => void>(undefined);
  // Runs before the dialog takes the focus: its content is mounted in a later pass.
  useLayoutEffect(() => {
    if (!isOpen) return;
    opener.current = trigger?.current ?? outsideOfMenus(document.activeElement);
    message.current = opener.current?.closest('article') ?? null;
    const before = openers;
    const focusNear = opener.current ? focusNearEntryOf(opener.current) : undefined;
    focusOthers.current = (isLost) => {
      focusNear?.(isLost);
      for (const one of [...before].reverse()) if (isLost()) focusShown(one);
    };
    if (opener.current) openers = [...openers.filter((one) => one.isConnected), opener.current];
  }, [isOpen, trigger]);
  return (event) => {
    event.preventDefault();
    openers = openers.filter((one) => one !== opener.current);
    const now = document.activeElement;
    // Something else has taken the focus meanwhile, such as a page that was opened.
    if (now !== null && now !== document.body && now.isConnected && !isInside(now, event)) return;
    const isLost = () => {
      const { activeElement } = document;
      return (
        activeElement === document.body ||
        (activeElement !== null && isInside(activeElement, event))
      );
    };
    const before = opener.current;
    if (before && isShown(before)) focusShown(before);
    else {
      const actions = message.current?.querySelector<HTMLElement>('[data-actions]');
      (actions ?? message.current)?.focus({ preventScroll: true });
      if (isLost()) focusOthers.current?.(isLost);
    }
    if (isLost()) focusContent();
  };
}

/**
 * Returns the element itself, or the button that opened the menu in which it is: that menu may still have the focus when
 * its dialog opens.
 */
function outsideOfMenus(element: Element | null): Element | null {
  const menu = element?.closest('[role=menu]');
  const button = document.getElementById(menu?.getAttribute('aria-labelledby') ?? '');
  return button === null ? element : outsideOfMenus(button);
}

const FOCUSABLE =
  'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary';

/**
 * Keeps the focus near an element of a list entry: if the element is removed, as the button of an entry that was deleted,
 * the focus stays in its entry, or moves to the next one, or else to what is before the list in its dialog or in the
 * content of the page.
 * Call it when the element gets the focus, and the returned function when another one does.
 */
export function followRemoval(element: HTMLElement): () => void {
  const { pathname } = location;
  const dialog = element.closest('[role=dialog], [role=alertdialog]');
  const focusNear = focusNearEntryOf(element);
  const observer = new MutationObserver(() => check());
  const check = () => {
    if (element.isConnected) return;
    observer.disconnect();
    const isLost = () =>
      document.activeElement === document.body || document.activeElement === dialog;
    // A page that was opened instead takes the focus itself, and a dialog that was closed returns it.
    if (!isLost() || location.pathname !== pathname || dialog?.isConnected === false) return;
    focusNear(isLost);
    if (document.activeElement === document.body) focusContent();
  };
  observer.observe(document.body, { childList: true, subtree: true });
  // The focus moves on by itself, such as with Tab. Until it arrives, the page as a whole has it, and an element that is
  // shown only with the focus may already be removed.
  element.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget !== null) observer.disconnect();
  });
  return () => {
    observer.disconnect();
    // A dialog takes the focus as soon as one of its elements has lost it.
    check();
  };
}

/**
 * Returns a function that focuses an element of the list entry of this one as long as the focus is lost: of the same
 * entry, the next or the previous one, or else what is before the list. Outside of lists it does nothing.
 */
function focusNearEntryOf(element: Element): (isLost: () => boolean) => void {
  const entry = element.closest('li');
  if (!entry) return () => {};
  const entries = [entry, entry.nextElementSibling, entry.previousElementSibling];
  const area = entry.closest('[role=dialog], [role=alertdialog], #content');
  const before = lastFocusableBefore(entry.closest('ul, ol'), area);
  return (isLost) => {
    for (const one of entries) {
      if (one?.isConnected && isLost()) one.querySelector<HTMLElement>(FOCUSABLE)?.focus();
    }
    if (before && isLost()) focusShown(before);
  };
}

/** Returns the last element before a list that Tab can focus, within an area around it. */
function lastFocusableBefore(list: Element | null, area: Element | null): HTMLElement | undefined {
  if (!list || !area?.contains(list)) return undefined;
  return [...area.querySelectorAll<HTMLElement>(FOCUSABLE)].findLast(
    (one) => one.compareDocumentPosition(list) & Node.DOCUMENT_POSITION_FOLLOWING && isShown(one),
  );
}

const isInside = (element: Element, event: Event): boolean =>
  event.target instanceof Node && event.target.contains(element);

/** Focuses an element if it is on the page; the page as a whole can't be. */
function focusShown(element: Element): void {
  if (element instanceof HTMLElement && element !== document.body && isShown(element)) {
    element.focus({ preventScroll: true });
  }
}

const isShown = (element: Element): boolean =>
  element.isConnected && element.getClientRects().length > 0;
