/** A key press, and whether it is in a text field. */
export interface ShortcutKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly isInField: boolean;
}

/**
 * Returns whether a key opens the search: `/` outside of fields, Ctrl+Shift+F, and Ctrl+F in a conversation, whose list
 * holds only what is visible, so that the browser would find little. Elsewhere Ctrl+F is left to the browser.
 */
export function isSearchKey(event: ShortcutKey, isInConversation: boolean): boolean {
  const { key, ctrlKey, metaKey, shiftKey, altKey, isInField } = event;
  if (altKey) return false;
  // On some keyboards with Shift.
  if (key === '/') return !ctrlKey && !metaKey && !isInField;
  return (ctrlKey || metaKey) && key.toLowerCase() === 'f' && (shiftKey || isInConversation);
}

/** Returns whether a place of the page takes text. */
export const isField = (place: EventTarget | null): boolean =>
  place instanceof HTMLElement &&
  (place.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(place.tagName));
