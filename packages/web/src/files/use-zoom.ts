import {
  type MouseEvent,
  type PointerEvent,
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { moveBy, SCALE_STEP, type Size, WHOLE, type Zoom, zoomBy } from './zoom.ts';

/** A finger that moved this far sideways over a whole image shows the next or the previous one, px. */
const SWIPE = 60;

/** The zoom of an image, and the handlers that change it. */
export interface ZoomControls {
  readonly zoom: Zoom;
  /** Enlarges (or, below 1, reduces) around the center. */
  by(factor: number): void;
  /** Moves an enlarged image, CSS pixels. */
  move(dx: number, dy: number): void;
  reset(): void;
  /** The handlers of the box that contains the image. */
  readonly handlers: {
    onDoubleClick(event: MouseEvent): void;
    onPointerDown(event: PointerEvent): void;
    onPointerMove(event: PointerEvent): void;
    onPointerUp(event: PointerEvent): void;
    onPointerCancel(event: PointerEvent): void;
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Zooms an image by wheel, double click, two fingers and dragging; `onSwipe` gets the direction. */
export function useZoom(
  box: RefObject<HTMLElement | null>,
  image: RefObject<HTMLImageElement | null>,
  onSwipe: (direction: 1 | -1) => void,
): ZoomControls {
  const [zoom, setZoom] = useState(WHOLE);

  /** Returns the sizes of the whole image and of the box. */
  const sizes = useCallback((): [Size, Size] => {
    const { offsetWidth = 0, offsetHeight = 0 } = image.current ?? {};
    const { clientWidth = 0, clientHeight = 0 } = box.current ?? {};
    return [
      { width: offsetWidth, height: offsetHeight },
      { width: clientWidth, height: clientHeight },
    ];
  }, [box, image]);
  const around = useCallback(
    (factor: number, at: Point) => setZoom((now) => zoomBy(now, factor, at, ...sizes())),
    [sizes],
  );
  const move = useCallback(
    (dx: number, dy: number) => setZoom((now) => moveBy(now, dx, dy, ...sizes())),
    [sizes],
  );
  const by = useCallback((factor: number) => around(factor, { x: 0, y: 0 }), [around]);
  const reset = useCallback(() => setZoom(WHOLE), []);
  /** Returns a point of the window relative to the center of the box. */
  const fromCenter = useCallback(
    (point: { clientX: number; clientY: number }): Point => {
      const rect = box.current?.getBoundingClientRect();
      if (!rect) return { x: 0, y: 0 };
      return {
        x: point.clientX - rect.left - rect.width / 2,
        y: point.clientY - rect.top - rect.height / 2,
      };
    },
    [box],
  );

  useEffect(() => {
    const element = box.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      around(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.002 : 0.05)), fromCenter(event));
    };
    // React listens passively, and could not keep the browser from zooming the page.
    element?.addEventListener('wheel', wheel, { passive: false });
    return () => element?.removeEventListener('wheel', wheel);
  }, [box, around, fromCenter]);

  const isWhole = zoom.scale === 1;
  const handlers = useGestures({ isWhole, around, move, reset, fromCenter, onSwipe });
  return { zoom, by, move, reset, handlers };
}

interface GestureDeps {
  readonly isWhole: boolean;
  /** Zooms by a factor around a point. */
  readonly around: (factor: number, at: Point) => void;
  readonly move: (dx: number, dy: number) => void;
  readonly reset: () => void;
  readonly fromCenter: (point: { clientX: number; clientY: number }) => Point;
  readonly onSwipe: (direction: 1 | -1) => void;
}

/** Returns the handlers of double clicks, dragging, and the gestures of one and two fingers. */
function useGestures({
  isWhole,
  around,
  move,
  reset,
  fromCenter,
  onSwipe,
}: GestureDeps): ZoomControls['handlers'] {
  const fingers = useRef(new Map<number, Point>());
  /** How far one finger has moved sideways over the whole image, px. */
  const swiped = useRef(0);
  return useMemo(() => {
    const lift = (event: PointerEvent) => {
      fingers.current.delete(event.pointerId);
      if (fingers.current.size > 0) return;
      const distance = swiped.current;
      swiped.current = 0;
      if (Math.abs(distance) >= SWIPE) onSwipe(distance < 0 ? 1 : -1);
    };
    return {
      onDoubleClick: (event: MouseEvent) => {
        if (isWhole) around(SCALE_STEP ** 2, fromCenter(event));
        else reset();
      },
      onPointerDown: (event: PointerEvent) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        fingers.current.set(event.pointerId, fromCenter(event));
        swiped.current = 0;
      },
      onPointerMove: (event: PointerEvent) => {
        const before = fingers.current.get(event.pointerId);
        if (!before) return;
        const now = fromCenter(event);
        fingers.current.set(event.pointerId, now);
        const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
        if (other) {
          swiped.current = 0;
          const distance = (from: Point) => Math.hypot(from.x - other.x, from.y - other.y);
          const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
          around(distance(now) / Math.max(1, distance(before)), middle);
        } else if (!isWhole) move(now.x - before.x, now.y - before.y);
        else if (event.pointerType === 'touch') swiped.current += now.x - before.x;
      },
      onPointerUp: lift,
      onPointerCancel: (event: PointerEvent) => {
        swiped.current = 0;
        lift(event);
      },
    };
  }, [isWhole, around, move, reset, fromCenter, onSwipe]);
}
