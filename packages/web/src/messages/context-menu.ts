/**
 * Returns whether a right click opens the menu of the message instead of the browser’s. The browser’s menu
 * is better for links, images, fields and selected text, and Shift always opens it.
 */
export function opensMessageMenu(target: EventTarget | null, isShift: boolean): boolean {
  if (isShift || !(target instanceof Element)) return false;
  if (target.closest('a[href], img, input, textarea, [contenteditable="true"]')) return false;
  const selection = getSelection();
  return selection === null || selection.isCollapsed || !selection.containsNode(target, true);
}
