import {
  draggable,
  dropTargetForElements,
} from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import type { ConversationId, SectionId } from '@parley/protocol';
import { type Target, targetOf } from './target.ts';

/** Where something is dropped: in a section, before a row of it (null: at its end; absent: where its order puts it). */
export interface DropTarget {
  readonly section: SectionId;
  readonly before?: ConversationId | null;
}

/** Where the mouse is in the window. */
type MousePosition = Pick<MouseEvent, 'clientX' | 'clientY'>;
/** Where the line is that shows the target, in px from the top of the list; null: there is none. */
type ShowLine = (top: number | null) => void;

/** What {@link enableDragging} is told. */
export interface DragDeps {
  /** Returns whether the order of a section is up to the user, for a conversation that is dragged. */
  readonly isOrdered: (section: SectionId, row: ConversationId) => boolean;
  readonly showLine: ShowLine;
  readonly dropped: (dragged: Target, target: DropTarget) => void;
}

const ROW = '[data-row]';
const HEADER = '[data-header]';

/**
 * Lets the mouse drag the rows and the headings of a list. What it presses becomes draggable, so that a long list
 * costs nothing. Returns a function that ends it.
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
  // Before the browser decides what a drag that begins here drags.
  list.addEventListener('pointerdown', enable);
  const dropAt = (source: Element, { clientX, clientY }: MousePosition) =>
    dropTargetAt(list, targetOf(source), clientX, clientY, deps);
  const endDrops = dropTargetForElements({
    element: list,
    canDrop: ({ source }) => enabled.has(source.element),
    onDrag: ({ source, location }) => {
      const found = dropAt(source.element, location.current.input);
      deps.showLine(found ? found.y - list.getBoundingClientRect().top + list.scrollTop : null);
    },
    onDragLeave: () => deps.showLine(null),
    onDrop: ({ source, location }) => {
      deps.showLine(null);
      const dragged = targetOf(source.element);
      const found = dropAt(source.element, location.current.input);
      if (dragged && found) deps.dropped(dragged, found.target);
    },
  });
  return () => {
    list.removeEventListener('pointerdown', enable);
    endDrops();
    for (const end of enabled.values()) end();
  };
}

/** Returns where something would be dropped at a point, and the height of the line that shows it. */
function dropTargetAt(
  list: HTMLElement,
  dragged: Target | null,
  x: number,
  y: number,
  { isOrdered }: DragDeps,
): { target: DropTarget; y: number } | null {
  // The library lays an invisible element under the mouse at times.
  const at = document
    .elementsFromPoint(x, y)
    .find((one) => list.contains(one) && one !== list)
    ?.closest<HTMLElement>(`${ROW}, ${HEADER}`);
  if (!dragged || !at) return null;
  const header = at.matches(HEADER)
    ? at
    : at.closest('ul')?.previousElementSibling?.closest<HTMLElement>(HEADER);
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
