import { type RefObject, useEffect, useMemo, useState } from 'react';
import type { Row } from './rows.ts';
import { type SelectedRows, selectedIndexes } from './selected-rows.ts';

/**
 * Returns the indexes of the rows in which text is selected. They stay rendered while the list is scrolled: without
 * them, the browser would shorten the selection to the rows that are left, and copy only those.
 */
export function useSelectedRows(
  box: RefObject<HTMLElement | null>,
  rows: readonly Row[],
): readonly number[] {
  const [selected, setSelected] = useState<SelectedRows | null>(null);
  useEffect(() => {
    const onChange = () => {
      const selection = document.getSelection();
      const [anchor, focus] = [selection?.anchorNode, selection?.focusNode].map((node) =>
        keyOfRow(node ?? null, box.current),
      );
      setSelected((before) => {
        if (!selection || selection.isCollapsed || !anchor) return null;
        // Over the space around the messages, the selection ends where it was.
        const next = { anchor, focus: focus ?? before?.focus ?? anchor };
        return before?.anchor === next.anchor && before.focus === next.focus ? before : next;
      });
    };
    document.addEventListener('selectionchange', onChange);
    return () => document.removeEventListener('selectionchange', onChange);
  }, [box]);
  return useMemo(() => selectedIndexes(rows, selected), [rows, selected]);
}

/** Returns the key of the row of the list that contains a node. */
function keyOfRow(node: Node | null, list: HTMLElement | null): string | undefined {
  const element = node instanceof Element ? node : node?.parentElement;
  const row = element?.closest<HTMLElement>('[data-row-key]');
  return row && list?.contains(row) ? row.dataset.rowKey : undefined;
}
