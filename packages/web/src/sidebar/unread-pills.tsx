import { ArrowDown, ArrowUp } from 'lucide-react';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { t } from '../texts/index.ts';

/** The height of the headings that stay at the edges of the list, px. */
const HEADER = 36;

/** Shows how many unread conversations are out of sight above and below, and scrolls to the next of them. */
export function UnreadPills({ scroller }: { scroller: RefObject<HTMLElement | null> }) {
  const [{ above, below }, setHidden] = useState({ above: 0, below: 0 });
  /** A part of the list that was scrolled to because of its unread rows, before they are rendered. */
  const wanted = useRef<{ part: Element; where: 'above' | 'below' } | null>(null);
  useEffect(() => {
    const list = scroller.current;
    if (!list) return;
    let frame = 0;
    const measure = () => {
      frame = 0;
      if (wanted.current && !isNotRendered(wanted.current.part)) {
        const { part, where } = wanted.current;
        wanted.current = null;
        showRow([...part.querySelectorAll(UNREAD)].at(where === 'above' ? -1 : 0));
      }
      const rows = hiddenRows(list);
      const [above, below] = [countOf(rows.above), countOf(rows.below)];
      setHidden((now) => (now.above === above && now.below === below ? now : { above, below }));
    };
    const later = () => {
      frame ||= requestAnimationFrame(measure);
    };
    later();
    list.addEventListener('scroll', later, { passive: true });
    const resizes = new ResizeObserver(later);
    resizes.observe(list);
    const changes = new MutationObserver(later);
    changes.observe(list, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['data-unread', 'data-unread-rows'],
    });
    return () => {
      cancelAnimationFrame(frame);
      list.removeEventListener('scroll', later);
      resizes.disconnect();
      changes.disconnect();
    };
  }, [scroller]);
  const show = (where: 'above' | 'below') => {
    if (!scroller.current) return;
    const rows = hiddenRows(scroller.current)[where];
    const row = rows.at(where === 'above' ? -1 : 0);
    if (!row) return;
    if (isNotRendered(row)) {
      wanted.current = { part: row, where };
      row.scrollIntoView({ block: where === 'above' ? 'end' : 'start' });
    } else showRow(row);
  };
  return (
    <>
      {above > 0 && (
        <Pill
          className="top-10"
          title={t('sidebar.previousUnreadKeys')}
          onClick={() => show('above')}
        >
          <ArrowUp size={14} /> {t('sidebar.unreadAbove', { count: above })}
        </Pill>
      )}
      {below > 0 && (
        <Pill
          className="bottom-11"
          title={t('sidebar.nextUnreadKeys')}
          onClick={() => show('below')}
        >
          <ArrowDown size={14} /> {t('sidebar.unreadBelow', { count: below })}
        </Pill>
      )}
    </>
  );
}

function Pill({
  className,
  title,
  onClick,
  children,
}: {
  className: string;
  title: string;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      title={title}
      onClick={onClick}
      className={`${className} -translate-x-1/2 absolute left-1/2 z-20 inline-flex h-8 pointer-coarse:h-11 items-center gap-1.5 whitespace-nowrap rounded-full bg-accent px-3.5 font-medium text-note text-on-accent shadow-overlay hover:bg-accent-strong`}
    >
      {children}
    </button>
  );
}

/** Returns whether a row is above or below what is shown of its list. */
export function isOutOfSight(row: Element, list: Element): boolean {
  const area = list.getBoundingClientRect();
  return isAbove(row, area) || isBelow(row, area);
}

const isAbove = (row: Element, { top }: DOMRect): boolean =>
  row.getBoundingClientRect().bottom <= top + HEADER;
const isBelow = (row: Element, { bottom }: DOMRect): boolean =>
  row.getBoundingClientRect().top >= bottom - HEADER / 2;

/** A row with unread messages. */
const UNREAD = '[data-unread]';
/** A part of the list whose rows are not rendered, with the number of unread ones. */
const UNREAD_ROWS = '[data-unread-rows]';

const isNotRendered = (part: Element): boolean => part.matches(UNREAD_ROWS);

/** Returns the number of unread rows: a part that is not rendered has several. */
const countOf = (rows: readonly HTMLElement[]): number =>
  rows.reduce((sum, { dataset }) => sum + Number(dataset.unreadRows ?? 1), 0);

function showRow(row: Element | undefined): void {
  row?.scrollIntoView({ block: 'center' });
  row?.querySelector<HTMLElement>('[data-focusable]')?.focus({ preventScroll: true });
}

/** Returns the rows with unread messages, and parts that have some, which are out of sight, in their order. */
function hiddenRows(list: HTMLElement): { above: HTMLElement[]; below: HTMLElement[] } {
  const rows = [
    ...list.querySelectorAll<HTMLElement>(
      `:is(${UNREAD}, ${UNREAD_ROWS}):not(details:not([open]) *)`,
    ),
  ];
  // Measuring makes the browser lay out the page at once.
  if (rows.length === 0) return { above: [], below: [] };
  const area = list.getBoundingClientRect();
  // They are in the order of the page: a few are measured, not all.
  const first = firstOf(rows, (row) => !isAbove(row, area));
  const last = firstOf(rows, (row) => isBelow(row, area));
  return { above: rows.slice(0, first), below: rows.slice(last) };
}

/** Returns the index of the first item with a property that all later ones have as well; the length if there is none. */
function firstOf<T>(items: readonly T[], has: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (has(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
