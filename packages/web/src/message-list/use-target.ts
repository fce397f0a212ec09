import type { Seq } from '@parley/protocol';
import { type RefObject, useCallback, useRef, useState } from 'react';
import { takeFocus } from '../ui/take-focus.ts';

/** The message that the user jumped to, until it loses the focus. */
export interface Target {
  readonly seq: Seq | null;
  readonly set: (seq: Seq) => void;
  readonly leave: () => void;
  /** Focuses the message if it is rendered and has not had the focus yet. */
  readonly focus: () => void;
}

/** Holds the message of a list that the user jumped to, and focuses it once. */
export function useTarget(box: RefObject<HTMLElement | null>): Target {
  const [seq, setSeq] = useState<Seq | null>(null);
  const awaitsFocus = useRef(false);
  const set = useCallback((target: Seq) => {
    setSeq(target);
    awaitsFocus.current = true;
  }, []);
  const leave = useCallback(() => setSeq(null), []);
  const focus = useCallback(() => {
    const row = awaitsFocus.current && box.current?.querySelector<HTMLElement>('[data-target]');
    // A row that is not measured yet is hidden, and takes the focus in a later call.
    if (row && takeFocus(row)) awaitsFocus.current = false;
  }, [box]);
  return { seq, set, leave, focus };
}
