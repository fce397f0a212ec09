import type { KeyboardEvent, RefObject } from 'react';

/**
 * Moves the focus between the search field and the results with the arrow keys. Escape leads back to the field, and in
 * the field clears it.
 */
export function useResultKeys(
  field: RefObject<HTMLInputElement | null>,
  body: RefObject<HTMLElement | null>,
  clear: () => void,
) {
  const results = () => [...(body.current?.querySelectorAll<HTMLElement>('[data-result]') ?? [])];
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Escape') {
      if (document.activeElement === field.current) clear();
      else field.current?.focus();
    } else if (step !== 0) {
      const all = results();
      const at = all.indexOf(document.activeElement as HTMLElement) + step;
      (at < 0 ? field.current : all[at])?.focus();
    } else return;
    event.preventDefault();
  };
  return { focusFirst: () => results()[0]?.focus(), onKeyDown };
}
