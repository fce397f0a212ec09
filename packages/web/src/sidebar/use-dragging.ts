import { type RefObject, useEffect, useRef } from 'react';
import { useClient } from '../session/use-client.ts';
import { attempt } from '../ui/attempt.ts';
import { applyDrop } from './actions.ts';
import { type Arrangement, belowLastRow, dropOf } from './arrangement.ts';
import type { DragDeps } from './drag.ts';

/** Lets the mouse drag conversations and sections. The code for it is loaded when the mouse first enters the list. */
export function useDragging(
  list: RefObject<HTMLElement | null>,
  line: RefObject<HTMLElement | null>,
  arrangement: Arrangement,
): void {
  const client = useClient();
  const current = useRef(arrangement);
  current.current = arrangement;
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const deps: DragDeps = {
      isOrdered: (section, row) => {
        const arranged = current.current.sections.find((one) => one.section.id === section);
        return arranged?.section.order === 'manual' || arranged?.all.includes(row) === true;
      },
      showLine: (top) => {
        if (!line.current) return;
        line.current.hidden = top === null;
        if (top !== null) line.current.style.top = `${top}px`;
      },
      dropped: (dragged, target) => {
        const { conversations, sidebar } = client.snapshot;
        if ('row' in dragged) {
          const view = conversations.get(dragged.row);
          const arranged = current.current.sections.find(
            ({ section }) => section.id === target.section,
          );
          if (!view || !arranged) return;
          const place =
            target.before === null
              ? { ...target, before: belowLastRow(arranged, view.id) }
              : target;
          applyDrop(client, dropOf(current.current, sidebar, view, place));
          return;
        }
        const ids = current.current.sections.map(({ section }) => section.id);
        const [from, to] = [ids.indexOf(dragged.section), ids.indexOf(target.section)];
        if (from === to) return;
        const before = from < to ? (ids[to + 1] ?? null) : target.section;
        void attempt(() => client.sidebar.changeSection(dragged.section, { before }));
      },
    };
    let end: (() => void) | undefined;
    let isEnded = false;
    const load = async ({ pointerType }: PointerEvent) => {
      if (pointerType !== 'mouse') return;
      element.removeEventListener('pointerenter', load);
      try {
        const { enableDragging } = await import('./drag.ts');
        if (!isEnded) end = enableDragging(element, deps);
      } catch {
        // Offline: the menus offer the same. Retried when the mouse returns.
        if (!isEnded) element.addEventListener('pointerenter', load);
      }
    };
    element.addEventListener('pointerenter', load);
    return () => {
      isEnded = true;
      element.removeEventListener('pointerenter', load);
      end?.();
    };
  }, [client, list, line]);
}
