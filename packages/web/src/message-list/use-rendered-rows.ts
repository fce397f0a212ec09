import { useEffect, useMemo, useState } from 'react';
import { idle } from '../lib/idle-schedule.ts';
import { estimatedRowHeight } from './row-height.ts';

/** Returns which rows a virtual list renders besides the visible ones, as properties of the list. */
export function useRenderedRows(isAway: boolean, count: number, selected: readonly number[]) {
  const [itemSize] = useState(estimatedRowHeight);
  // The rows above and below the screen are rendered once those on it are shown, or when the user scrolls. At the start
  // of the page that would be a long task on a slow device.
  const [isOpened, setOpened] = useState(false);
  useEffect(() => idle.schedule(() => setOpened(true)), []);
  if (isAway && !isOpened) setOpened(true);
  // The newest row stays mounted, so that a message that the user sends is shown in the next frame.
  const keepMounted = useMemo(
    () => (isAway || selected.at(-1) === count - 1 ? [...selected] : [...selected, count - 1]),
    [isAway, count, selected],
  );
  return { itemSize, keepMounted, ...(!isOpened && { bufferSize: 0 }) };
}
