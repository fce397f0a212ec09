import { type FocusEvent, type KeyboardEvent, useState } from 'react';
import { direction } from '../texts/index.ts';

const ITEMS = 'button';

/**
 * Makes a toolbar one tab stop: Left, Right, Home and End move the focus between its buttons, and Tab returns to the
 * button that had it last. Returns handlers for the toolbar, and the `tabIndex` of its nth button.
 */
export function useToolbarKeys() {
  const [stop, setStop] = useState(0);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>(ITEMS)];
    const at = items.indexOf(event.target as HTMLElement);
    const step = direction === 'rtl' ? -1 : 1;
    const next = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: -1 }[event.key];
    if (at === -1 || next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  };
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    const items = [...event.currentTarget.querySelectorAll(ITEMS)];
    setStop(Math.max(0, items.indexOf(event.target as HTMLButtonElement)));
  };
  return { handlers: { onKeyDown, onFocus }, tabIndexOf: (n: number) => (n === stop ? 0 : -1) };
}
