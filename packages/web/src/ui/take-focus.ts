const OPEN_OVERLAYS = '[role="menu"][data-state="open"], [role="dialog"][data-state="open"]';

/**
 * Focuses an element that has just appeared, such as a message that was loaded. Does nothing if a menu or a dialog is
 * open meanwhile: a menu closes when it loses the focus.
 */
export function takeFocus(element: HTMLElement | null | undefined): void {
  if (document.activeElement?.closest(OPEN_OVERLAYS)?.contains(element ?? null) === false) return;
  element?.focus({ preventScroll: true });
}
