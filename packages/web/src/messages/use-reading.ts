import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { VListHandle } from 'virtua';
import { useClient } from '../session/use-client.ts';
import type { Row } from './rows.ts';

/** So much of a message must be in sight for it to count as read, px. */
const IN_SIGHT = 24;

/**
 * What is in sight, in a window that is looked at, counts as read. Returns what is to be called when
 * something else may be in sight.
 */
export function useReading(
  view: ConversationView,
  rows: readonly Row[],
  list: RefObject<VListHandle | null>,
  /** False while it is not decided where the list begins: nothing has been looked at then. */
  started: boolean,
): () => void {
  const client = useClient();
  const state = useRef({ view, rows, started });
  state.current = { view, rows, started };
  const read = useCallback(() => {
    const handle = list.current;
    const now = state.current;
    const looking = document.visibilityState === 'visible' && document.hasFocus();
    if (!handle || !looking || !now.started) return;
    const last = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - IN_SIGHT);
    const seq = storedBefore(now.rows, last);
    if (seq !== null && seq > now.view.readSeq) client.read(now.view.id, seq);
  }, [client, list]);
  useEffect(() => {
    window.addEventListener('focus', read);
    document.addEventListener('visibilitychange', read);
    return () => {
      window.removeEventListener('focus', read);
      document.removeEventListener('visibilitychange', read);
    };
  }, [read]);
  return read;
}

/** The newest stored message at or before a row. */
function storedBefore(rows: readonly Row[], index: number): Seq | null {
  for (let i = Math.min(index, rows.length - 1); i >= 0; i--) {
    const row = rows[i];
    if (row?.kind === 'message' && row.message.state === 'stored') return row.message.seq;
  }
  return null;
}
