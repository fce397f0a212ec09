/**
 * Resizes a text area to the height of its text, up to its CSS maximum. Where `field-sizing` does that, the page need
 * not be laid out twice to measure the text.
 */
export function grow(area: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight + 2}px`;
}
