/**
 * Returns whether a right click opens the menu of the message instead of that of the browser, which is
 * better for links, images, fields and selected text, and is always there with Shift.
 */
export function opensMessageMenu(target: EventTarget | null, isShift: boolean): boolean {
  if (isShift || !(target instanceof Element)) return false;
  if (target.closest('a[href], img, input, textarea, [contenteditable="true"]')) return false;
  const selection = getSelection();
  return selection === null || selection.isCollapsed || !selection.containsNode(target, true);
}
