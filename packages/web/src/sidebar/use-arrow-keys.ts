import type { KeyboardEvent, RefObject } from 'react';

/** Returns a handler with which the arrow keys, Home and End move the focus through a list. */
export function useArrowKeys(list: RefObject<HTMLElement | null>) {
  return (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!(event.target instanceof Element) || !event.target.matches('[data-focusable]')) return;
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[data-focusable]') ?? [])];
    const at = all.indexOf(event.target as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };
}
