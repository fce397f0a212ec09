import { type PointerEvent, useRef } from 'react';

/** How long a finger must rest for a long press, ms. */
const PRESS_MS = 450;
/** A finger that moves further than this is scrolling, px. */
const MOVE_TOLERANCE = 10;

/** Returns handlers that detect a long press by a finger; mouse and pen are ignored. */
export function useLongPress(onPress: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useRef({ x: 0, y: 0, at: 0 });
  const cancel = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  };
  const fire = () => {
    cancel();
    navigator.vibrate?.(10);
    swallowClick();
    onPress();
  };
  const touchEnds = (event: PointerEvent) => {
    if (event.pointerType !== 'touch' || timer.current === undefined) return;
    // On a busy page the end of the touch can be handled before the timer that is already due.
    if (event.timeStamp - start.current.at >= PRESS_MS) fire();
    else cancel();
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      cancel();
      if (event.pointerType !== 'touch' || !event.isPrimary) return;
      start.current = { x: event.clientX, y: event.clientY, at: event.timeStamp };
      timer.current = setTimeout(fire, PRESS_MS);
    },
    onPointerMove: (event: PointerEvent) => {
      if (event.pointerType !== 'touch') return;
      const { x, y } = start.current;
      if (Math.hypot(event.clientX - x, event.clientY - y) > MOVE_TOLERANCE) cancel();
    },
    onPointerUp: touchEnds,
    onPointerLeave: touchEnds,
    // The browser has taken over the touch, for scrolling.
    onPointerCancel: touchEnds,
  };
}

/** Suppresses the click when the finger lifts: it would hit what the press has just opened. */
function swallowClick(): void {
  const done = new AbortController();
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    done.abort();
  };
  const options = { capture: true, signal: done.signal };
  document.addEventListener('click', swallow, options);
  // The next touch is handled normally.
  document.addEventListener('pointerdown', () => done.abort(), options);
}
