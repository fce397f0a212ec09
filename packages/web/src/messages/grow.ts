/** Resizes a text area to the height of its text, up to its CSS maximum. */
export function grow(area: HTMLTextAreaElement): void {
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight + 2}px`;
}
