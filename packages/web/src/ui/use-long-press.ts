import { type PointerEvent, useRef } from 'react';

/** A finger that rests this long means a long press, ms. */
const PRESS_MS = 450;
/** A finger that has moved further than this scrolls, px. */
const SLIP = 10;

/** Handlers that tell of a long press by a finger; mouse and pen are not concerned. */
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
    // On a busy page the end of a long press, or the browser's own gesture for it, can be handled
    // before the timer that is already due.
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
      if (Math.hypot(event.clientX - x, event.clientY - y) > SLIP) cancel();
    },
    onPointerUp: touchEnds,
    onPointerLeave: touchEnds,
    // The browser takes the finger over: it scrolls.
    onPointerCancel: touchEnds,
  };
}

/** The click of the finger’s lifting would hit what the press has just opened below it. */
function swallowClick(): void {
  const done = new AbortController();
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    done.abort();
  };
  const options = { capture: true, signal: done.signal };
  document.addEventListener('click', swallow, options);
  // The next touch is another matter.
  document.addEventListener('pointerdown', () => done.abort(), options);
}
