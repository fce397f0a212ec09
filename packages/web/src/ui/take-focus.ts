const OPEN_OVERLAYS = '[role="menu"][data-state="open"], [role="dialog"][data-state="open"]';

/**
 * Focuses an element that has just appeared, such as a message that was loaded. Does nothing if a menu or a dialog is
 * open meanwhile: a menu closes when it loses the focus. Returns false if the element could not take the focus yet,
 * because it is still hidden.
 */
export function takeFocus(element: HTMLElement | null | undefined): boolean {
  const overlay = document.activeElement?.closest(OPEN_OVERLAYS);
  if (overlay?.contains(element ?? null) === false) return true;
  element?.focus({ preventScroll: true });
  return !element || document.activeElement === element;
}
