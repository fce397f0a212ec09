/**
 * Resizes a text area to the height of its text, up to its CSS maximum. Does nothing in browsers with `field-sizing`,
 * to save the second layout of the page that measuring needs.
 */
export function grow(area: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight + 2}px`;
}
