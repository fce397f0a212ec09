import { useCallback, useState } from 'react';
import type { VListHandle } from 'virtua';
import { dayKey } from '../lib/time.ts';
import type { Row } from './rows.ts';

/**
 * Holds the day at the top of a list, as the time of one of its messages; null while the label of the day is the
 * topmost row. The returned function updates it after the list has scrolled.
 */
export function useTopDay(): [
  string | null,
  (list: Pick<VListHandle, 'findItemIndex' | 'scrollOffset'>, rows: readonly Row[]) => void,
] {
  const [topDay, setTopDay] = useState<string | null>(null);
  const update = useCallback(
    (list: Pick<VListHandle, 'findItemIndex' | 'scrollOffset'>, rows: readonly Row[]) => {
      const top = rows[list.findItemIndex(list.scrollOffset)];
      const at = top?.kind === 'message' ? top.message.postedAt : null;
      setTopDay((now) => (now && at && dayKey(now) === dayKey(at) ? now : at));
    },
    [],
  );
  return [topDay, update];
}
