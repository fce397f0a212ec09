import {
  type RefCallback,
  type RefObject,
  useCallback,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

/** Within this distance from the end, the list follows new replies, px. */
const NEAR_END = 80;

/** A list that stays scrolled to its end. */
export interface FollowedEnd {
  /** For the element that scrolls. */
  readonly ref: RefCallback<HTMLElement>;
  readonly box: RefObject<HTMLElement | null>;
  readonly isAtEnd: boolean;
  /** Checks again whether the list is at its end, after the program has scrolled it. */
  moved(): void;
  /** Scrolls to the end, and stays there. */
  toEnd(): void;
}

/** Keeps a list scrolled to its end, when rows are added and when its height changes. */
export function useFollowedEnd(rows: unknown, startsAtEnd: boolean): FollowedEnd {
  const [isAtEnd, setAtEnd] = useState(startsAtEnd);
  const box = useRef<HTMLElement>(null);
  const follows = useRef(startsAtEnd);
  const moved = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const rest = element.scrollHeight - element.clientHeight - element.scrollTop;
    follows.current = rest < NEAR_END;
    setAtEnd(follows.current);
  }, []);
  const follow = useCallback(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, []);
  const toEnd = useCallback(() => {
    follows.current = true;
    follow();
    moved();
  }, [follow, moved]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the rows
  useLayoutEffect(follow, [rows]);
  const ref = useCallback(
    (element: HTMLElement | null) => {
      if (!element) return undefined;
      box.current = element;
      element.addEventListener('scroll', moved, { passive: true });
      // The field below grows, or the keyboard of a phone opens.
      const resizes = new ResizeObserver(() => {
        follow();
        moved();
      });
      resizes.observe(element);
      return () => {
        box.current = null;
        element.removeEventListener('scroll', moved);
        resizes.disconnect();
      };
    },
    [moved, follow],
  );
  return { ref, box, isAtEnd, moved, toEnd };
}
