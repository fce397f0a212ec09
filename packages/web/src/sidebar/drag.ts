import {
  draggable,
  dropTargetForElements,
} from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import type { ConversationId, SectionId } from '@parley/protocol';
import { type Target, targetOf } from './target.ts';

/** A drop target: a section, and the row to insert before (null: the end; absent: by its order). */
export interface DropTarget {
  readonly section: SectionId;
  readonly before?: ConversationId | null;
}

/** The position of the mouse in the window. */
type MousePosition = Pick<MouseEvent, 'clientX' | 'clientY'>;
/** The position of the target line, in px from the top of the list; null: none. */
type ShowLine = (top: number | null) => void;

/** The callbacks of {@link enableDragging}. */
export interface DragDeps {
  /** Returns whether a dragged conversation can be dropped at a position in a section. */
  readonly isOrdered: (section: SectionId, row: ConversationId) => boolean;
  readonly showLine: ShowLine;
  readonly dropped: (dragged: Target, target: DropTarget) => void;
}

const ROW = '[data-row]';
const HEADER = '[data-header]';

/**
 * Makes the rows and headings of a list draggable. An element becomes draggable only when pressed,
 * so that long lists have no cost. Returns a function that ends it.
 */
export function enableDragging(list: HTMLElement, deps: DragDeps): () => void {
  const enabled = new Map<HTMLElement, () => void>();
  const enable = (event: Event) => {
    const target = event.target instanceof Element ? event.target : null;
    const element = target?.closest<HTMLElement>('[data-drag]');
    if (!element || enabled.has(element)) return;
    for (const [old, end] of enabled) {
      if (old.isConnected) continue;
      end();
      enabled.delete(old);
    }
    enabled.set(element, draggable({ element, getInitialData: () => ({ ...targetOf(element) }) }));
  };
  // Before the browser decides what a drag from here moves.
  list.addEventListener('pointerdown', enable);
  const dropAt = (source: Element, { clientX, clientY }: MousePosition) =>
    dropTargetAt(list, targetOf(source), clientX, clientY, deps);
  const endDrops = dropTargetForElements({
    element: list,
    canDrop: ({ source }) => enabled.has(source.element),
    onDrag: ({ source, location }) => {
      const drop = dropAt(source.element, location.current.input);
      deps.showLine(drop ? drop.y - list.getBoundingClientRect().top + list.scrollTop : null);
    },
    onDragLeave: () => deps.showLine(null),
    onDrop: ({ source, location }) => {
      deps.showLine(null);
      const dragged = targetOf(source.element);
      const dropped = dropAt(source.element, location.current.input);
      if (dragged && dropped) deps.dropped(dragged, dropped.target);
    },
  });
  return () => {
    list.removeEventListener('pointerdown', enable);
    endDrops();
    for (const end of enabled.values()) end();
  };
}

/** Returns the drop target at a point, and the position of its line. */
function dropTargetAt(
  list: HTMLElement,
  dragged: Target | null,
  x: number,
  y: number,
  { isOrdered }: DragDeps,
): { target: DropTarget; y: number } | null {
  // The library sometimes puts an invisible element under the mouse.
  const at = document
    .elementsFromPoint(x, y)
    .find((one) => list.contains(one) && one !== list)
    ?.closest<HTMLElement>(`${ROW}, ${HEADER}`);
  if (!dragged || !at) return null;
  const header = at.matches(HEADER)
    ? at
    : at.closest('[data-rows]')?.previousElementSibling?.closest<HTMLElement>(HEADER);
  const section = header?.dataset.header;
  if (!header || section === undefined) return null;
  if ('section' in dragged) return { target: { section }, y: header.getBoundingClientRect().top };
  if (!isOrdered(section, dragged.row)) {
    return { target: { section }, y: header.getBoundingClientRect().bottom };
  }
  const rows = [...(header.nextElementSibling?.querySelectorAll<HTMLElement>(ROW) ?? [])];
  const rect = at.getBoundingClientRect();
  const isAfter = at.matches(ROW) && y > rect.top + rect.height / 2;
  const n = rows.indexOf(at) + (isAfter || at === header ? 1 : 0);
  const before = (rows[at === header ? 0 : n]?.dataset.row ?? null) as ConversationId | null;
  return {
    target: { section, before },
    y: isAfter || at === header ? rect.bottom : rect.top,
  };
}
