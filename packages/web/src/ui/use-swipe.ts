import { type PointerEvent, type RefObject, useRef } from 'react';
import { isComplete, type Swipe, swipeFrom, swipeTo } from './swipe.ts';

/** Touches that begin this close to the edge of the window belong to the browser, px. */
const EDGE = 24;

/**
 * Returns handlers that detect a swipe of a finger over an element in the direction of reading. The element
 * follows the finger; its attribute `data-swiped` says when lifting it calls `onSwipe`. The element needs
 * `touch-action: pan-y`.
 */
export function useSwipe(element: RefObject<HTMLElement | null>, onSwipe: () => void) {
  const swipe = useRef<Swipe | null>(null);
  const show = (now: Swipe | null) => {
    swipe.current = now;
    const { current } = element;
    if (!current) return;
    const direction = directionOf(current);
    current.style.translate = now && now.moved > 0 ? `${now.moved * direction}px` : '';
    const was = current.hasAttribute('data-swiped');
    const is = now !== null && isComplete(now);
    if (is && !was) navigator.vibrate?.(10);
    current.toggleAttribute('data-swiped', is);
  };
  const end = (event: PointerEvent) => {
    if (event.pointerType !== 'touch' || !swipe.current) return;
    const isDone = event.type === 'pointerup' && isComplete(swipe.current);
    show(null);
    if (isDone) onSwipe();
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType !== 'touch') return;
      const isAtEdge = event.clientX < EDGE || event.clientX > window.innerWidth - EDGE;
      // A second finger zooms.
      show(event.isPrimary && !isAtEdge ? swipeFrom(event.clientX, event.clientY) : null);
    },
    onPointerMove: (event: PointerEvent) => {
      const { current } = element;
      if (event.pointerType !== 'touch' || !swipe.current || !current) return;
      const before = swipe.current;
      const now = swipeTo(before, event.clientX, event.clientY, directionOf(current));
      if (now.state === 'swiping' && before.state !== 'swiping') {
        current.setPointerCapture(event.pointerId);
      }
      if (now !== before) show(now);
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}

const directionOf = (element: HTMLElement): 1 | -1 =>
  getComputedStyle(element).direction === 'rtl' ? -1 : 1;
