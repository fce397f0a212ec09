import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';

const ITEM = '[data-focusable]';

const isOrHasItem = (node: Node): boolean =>
  node instanceof Element && (node.matches(ITEM) || node.querySelector(ITEM) !== null);

/** Returns whether items came or went; most changes are of marks and buttons within a row. */
const changesItems = ({ addedNodes, removedNodes }: MutationRecord): boolean =>
  [...addedNodes, ...removedNodes].some(isOrHasItem);

/**
 * Makes a list one tab stop: the arrow keys, Home and End move the focus through it, and Tab returns to the item that
 * had it last, or else to the open one. Returns handlers for the element of the list.
 */
export function useArrowKeys(list: RefObject<HTMLElement | null>) {
  const last = useRef<Element | null>(null);
  const items = () => [...(list.current?.querySelectorAll<HTMLElement>(ITEM) ?? [])];
  const update = () => {
    const all = items();
    const stop =
      all.find((item) => item === last.current) ??
      all.find((item) => item.getAttribute('aria-current') === 'page') ??
      all[0];
    for (const item of all) {
      const tabIndex = item === stop ? 0 : -1;
      // Setting an attribute to what it is already makes the browser update what depends on it, for a thousand rows.
      if (item.tabIndex !== tabIndex) item.tabIndex = tabIndex;
    }
  };
  /** Makes the open item the tab stop. Long lists are not walked through at each navigation. */
  const followOpen = () => {
    const scroller = list.current;
    if (!scroller || (last.current && scroller.contains(last.current))) return;
    const before = scroller.querySelector<HTMLElement>(`${ITEM}[tabindex="0"]`);
    const stop =
      scroller.querySelector<HTMLElement>(`${ITEM}[aria-current="page"]`) ??
      scroller.querySelector<HTMLElement>(ITEM);
    if (!before || !stop) return update();
    if (before === stop) return;
    before.tabIndex = -1;
    stop.tabIndex = 0;
  };
  const latest = useRef({ update, followOpen });
  latest.current = { update, followOpen };
  // Items come and go with many renders, of the list and of its parts.
  useEffect(() => {
    latest.current.update();
    const changes = new MutationObserver((records) => {
      if (records.some(changesItems)) latest.current.update();
      else if (records.some(({ type }) => type === 'attributes')) latest.current.followOpen();
    });
    if (list.current) {
      changes.observe(list.current, {
        childList: true,
        subtree: true,
        attributes: true,
        attributeFilter: ['aria-current'],
      });
    }
    return () => changes.disconnect();
  }, [list]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!(event.target instanceof Element) || !event.target.matches(ITEM)) return;
    const all = items();
    const at = all.indexOf(event.target as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };
  const onFocus = (event: FocusEvent) => {
    if (!event.target.matches(ITEM) || event.target === last.current) return;
    last.current = event.target;
    update();
  };
  return { onKeyDown, onFocus };
}
