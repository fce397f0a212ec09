import { useLayoutEffect, useRef, useState } from 'react';
import { type RenderedList, ScrollControl } from './scroll-control.ts';

/** The state and the controls of an auto-scrolling list. */
export interface AutoScrollControls {
  readonly control: ScrollControl;
  /** Whether the user has scrolled away from the newest messages. */
  readonly isAway: boolean;
  /** Whether rows were prepended. */
  readonly isPrepended: boolean;
}

/** Keeps a list at its end, at its first unread message, or where the user has scrolled to. */
export function useAutoScroll(list: RenderedList, onSettled: () => void): AutoScrollControls {
  const settled = useRef(onSettled);
  settled.current = onSettled;
  const [isAway, setAway] = useState(false);
  const [control] = useState(() => new ScrollControl(list, setAway, () => settled.current()));
  control.setList(list);
  const { isPrepended } = control;
  const { rows, lineAfter, isHeld } = list;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the control reads them from the list that it has been given; their changes are the reason to call it.
  useLayoutEffect(() => control.rowsChanged(), [control, rows, lineAfter, isHeld]);
  return { control, isAway, isPrepended };
}
