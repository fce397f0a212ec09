const OPEN_OVERLAYS = '[role="menu"][data-state="open"], [role="dialog"][data-state="open"]';

/**
 * Focuses an element that has just appeared by itself, such as a message that was loaded, unless a menu or a dialog
 * was opened meanwhile: menus close when they lose the focus.
 */
export function takeFocus(element: HTMLElement | null | undefined): void {
  if (document.activeElement?.closest(OPEN_OVERLAYS)?.contains(element ?? null) === false) return;
  element?.focus({ preventScroll: true });
}
