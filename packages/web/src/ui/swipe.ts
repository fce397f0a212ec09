/** A finger that has moved this far sideways is swiping; further up or down, it scrolls. px. */
const START = 12;
/** Swiping this far counts, px. */
export const SWIPE_DISTANCE = 64;
/** What is swiped moves no further, px. */
const MOVE_MAX = 88;

/** The course of one touch. */
export interface Swipe {
  readonly x: number;
  readonly y: number;
  readonly state: 'undecided' | 'swiping' | 'scrolling';
  /** How far what is swiped has moved in the direction of reading, px. */
  readonly moved: number;
}

/** Returns a touch that begins at a point. */
export const swipeFrom = (x: number, y: number): Swipe => ({ x, y, state: 'undecided', moved: 0 });

/**
 * Returns the touch after the finger has moved to a point. Only swiping in the direction of reading counts:
 * `direction` is 1 from left to right, -1 from right to left.
 */
export function swipeTo(swipe: Swipe, x: number, y: number, direction: 1 | -1): Swipe {
  const along = (x - swipe.x) * direction;
  const across = Math.abs(y - swipe.y);
  if (swipe.state === 'scrolling') return swipe;
  if (swipe.state === 'undecided') {
    if (across > START || along < -START) return { ...swipe, state: 'scrolling' };
    if (along <= START) return swipe;
  }
  const moved = Math.min(MOVE_MAX, Math.max(0, along - START));
  return { ...swipe, state: 'swiping', moved };
}

/** Whether lifting the finger now completes the swipe. */
export const isComplete = ({ moved }: Swipe): boolean => moved >= SWIPE_DISTANCE;
