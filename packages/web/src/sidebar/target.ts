import type { ConversationId, SectionId } from '@parley/protocol';

/** A row or a section of the list. */
export type Target = { readonly row: ConversationId } | { readonly section: SectionId };

/** Returns the row or the section that an element is in. */
export function targetOf(element: EventTarget | null): Target | null {
  if (!(element instanceof Element)) return null;
  const row = element.closest<HTMLElement>('[data-row]')?.dataset.row;
  if (row !== undefined) return { row: row as ConversationId };
  const section = element.closest<HTMLElement>('[data-header]')?.dataset.header;
  return section === undefined ? null : { section };
}
