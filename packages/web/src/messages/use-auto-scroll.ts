import type { Seq } from '@parley/protocol';
import {
  type PointerEvent,
  type RefObject,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type WheelEvent,
} from 'react';
import type { VListHandle } from 'virtua';
import { AutoScroll, type ListPosition } from './auto-scroll.ts';
import type { Row } from './rows.ts';
import { type Layout, Settling } from './settling.ts';

/** Space kept visible above the line “New”, px. */
const ABOVE_LINE = 48;
/** Space kept visible above a message that the user jumps to, px. */
const ABOVE_TARGET = 120;

/** The inputs of {@link useAutoScroll}. */
export interface AutoScrollInput {
  readonly list: RefObject<VListHandle | null>;
  /** The element that scrolls. */
  readonly scroller: () => HTMLElement | null;
  readonly rows: readonly Row[];
  readonly hasNewer: boolean;
  /** The message that the line “New” follows; null or undefined without a line. */
  readonly lineAfter: number | null | undefined;
  /** Whether messages below the line “New” are unread; otherwise the line does not hold the list. */
  readonly hasUnread: boolean;
  /** Whether the first unread message must stay on screen: the user is elsewhere, or messages are missing. */
  readonly isHeld: boolean;
}

/** The state and the controls of an auto-scrolling list. */
export interface AutoScrollControls {
  /** Whether the user has scrolled away from the newest messages. */
  readonly isAway: boolean;
  /** Whether rows were prepended. */
  readonly isPrepended: boolean;
  /** Whether positions are reliable: no rows are being measured. */
  isSettled(): boolean;
  /** Handles a scroll event (`scrolled`), the end of scrolling (`ended`), and a resize (`changed`). */
  moved(how: 'scrolled' | 'ended' | 'changed'): void;
  goToEnd(): void;
  goToLine(): void;
  /** Scrolls to a message; returns false if it must be loaded first, and scrolls once it is. */
  goTo(seq: Seq): boolean;
  /** Handlers for the element around the list, of input with which the user may scroll. */
  readonly input: ScrollInput;
}

/** Handlers of input with which the user may scroll. */
export interface ScrollInput {
  onWheel(event: WheelEvent): void;
  onTouchMove(): void;
  onKeyDown(): void;
  onPointerDown(event: PointerEvent): void;
  onPointerMove(event: PointerEvent): void;
  onPointerUp(): void;
}

/** A row, and how much of it is above the viewport, px; negative values leave space above it. */
interface Place {
  readonly key: string;
  readonly into: number;
}

/** Keeps a list at its end, at its first unread message, or where the user has scrolled to. */
export function useAutoScroll(input: AutoScrollInput, onSettled: () => void): AutoScrollControls {
  const [machine] = useState(() => new AutoScroll());
  const [isAway, setAway] = useState(false);
  const latest = useRef(input);
  latest.current = input;
  const settled = useRef(onSettled);
  settled.current = onSettled;
  /** The first visible row, and how much of it is hidden above, px. */
  const anchor = useRef<Place | null>(null);
  const placed = useRef<Place | null>(null);
  /** Whether a pointer is pressed, which may drag the scroll bar or a selection. */
  const isPressed = useRef(false);

  /**
   * Scrolls once. The list's own scrollToIndex keeps scrolling while rows are measured, and fights a user
   * who scrolls meanwhile; here every measurement goes through `moved`, which consults the state machine.
   */
  const scrollTo = useCallback(
    (offset: number) => {
      const element = latest.current.scroller();
      if (!element) return;
      machine.scrollsTo(offset);
      element.scrollTop = offset;
    },
    [machine],
  );

  /** Scrolls to the end, or to the line “New” while the list is held. */
  const follow = useCallback((): 'end' | 'line' => {
    const { list, rows, hasUnread } = latest.current;
    const handle = list.current;
    if (!handle || rows.length === 0) return 'end';
    const line = hasUnread && machine.state === 'holding' ? lineRow(rows) : -1;
    const top = line < 0 ? Number.POSITIVE_INFINITY : handle.getItemOffset(line) - ABOVE_LINE;
    const isAtLine = top < handle.scrollSize - handle.viewportSize;
    // Beyond the end, because heights may not be rendered yet; the browser clamps it.
    scrollTo(isAtLine ? top : handle.scrollSize * 2);
    return isAtLine ? 'line' : 'end';
  }, [machine, scrollTo]);

  /** Scrolls to the message at which the list is placed. */
  const keepPlace = useCallback(() => {
    const { list, rows } = latest.current;
    const place = placed.current;
    const row = place ? rows.findIndex(({ key }) => key === place.key) : -1;
    if (place && list.current && row >= 0) scrollTo(list.current.getItemOffset(row) + place.into);
  }, [scrollTo]);

  const [settling] = useState(
    () =>
      new Settling({
        now: () => performance.now(),
        onFrame: (callback) => void requestAnimationFrame(callback),
        layout: () => layoutOf(latest.current.scroller()),
        onChange: () => {
          if (machine.state === 'placing') keepPlace();
        },
        onSettled: () => {
          const at = position();
          if (!at) return;
          machine.settle(at);
          setAway(machine.state === 'away');
          settled.current();
        },
      }),
  );
  const position = useCallback((): ListPosition | null => {
    const layout = layoutOf(latest.current.scroller());
    return (
      layout && {
        ...layout,
        isNewest: !latest.current.hasNewer,
        isSettled: settling.isSettled,
        now: performance.now(),
      }
    );
  }, [settling]);

  const placeAt = useCallback(
    (key: string | undefined, into: number, why: 'request' | 'rows' = 'rows') => {
      if (key === undefined) return;
      placed.current = { key, into };
      if (why === 'request') machine.goTo();
      else machine.place();
      settling.start();
      keepPlace();
    },
    [machine, keepPlace, settling],
  );

  const moved = useCallback(
    (how: 'scrolled' | 'ended' | 'changed') => {
      const at = position();
      const { list, rows } = latest.current;
      if (!at || !list.current) return;
      if (how === 'scrolled') machine.scrolled(at);
      else if (how === 'ended') {
        machine.scrollEnded(at);
        if (isPressed.current) machine.userScrollsUp(Number.POSITIVE_INFINITY, performance.now());
      } else machine.changed(at);
      if (how !== 'scrolled' && machine.isFollowing) follow();
      if (how === 'changed' && machine.state === 'placing') keepPlace();
      const top = list.current.findItemIndex(at.offset);
      const key = rows[top]?.key;
      anchor.current =
        key === undefined ? null : { key, into: at.offset - list.current.getItemOffset(top) };
      setAway(machine.state === 'away');
    },
    [machine, position, follow, keepPlace],
  );

  const { rows, lineAfter, isHeld } = input;
  const firstKey = useRef<string | null>(null);
  /** The line to which the list must still be scrolled. */
  const wantedLine = useRef<number | null | undefined>(undefined);
  /** The message to which the list must be scrolled once it is loaded. */
  const wantedSeq = useRef<Seq | null>(null);
  const knownLine = useRef<number | null | undefined>(undefined);
  const first = firstMessageKey(rows);
  const isPrepended =
    firstKey.current !== null &&
    first !== firstKey.current &&
    rows.some((row) => row.key === firstKey.current);

  useLayoutEffect(() => {
    if (isHeld) machine.hold();
    if (lineAfter !== knownLine.current) {
      const isOpening = knownLine.current === undefined;
      knownLine.current = lineAfter;
      const isNearEnd = machine.isFollowing || machine.state === 'paused';
      wantedLine.current = isOpening || isNearEnd ? lineAfter : null;
    }
    const before = firstKey.current;
    firstKey.current = first;
    if (rows.length === 0) return;
    const isReplaced = before !== null && !rows.some((row) => row.key === before);
    if (before !== null && before !== first) settling.start();
    // The user may have scrolled since the last event.
    const at = position();
    if (at) machine.changed(at);
    const line = lineRow(rows);
    const wantsLine = wantedLine.current != null && line >= 0;
    if (wantsLine) wantedLine.current = null;
    const wanted = wantedSeq.current === null ? undefined : keyOf(rows, wantedSeq.current);
    if (wanted !== undefined) {
      wantedSeq.current = null;
      placeAt(wanted, -ABOVE_TARGET, 'request');
    } else if (wantsLine && machine.state !== 'holding') {
      placeAt(rows[line]?.key, -ABOVE_LINE);
    } else if (machine.isFollowing) {
      const isAtLine = follow() === 'line';
      if (!isHeld) {
        if (isAtLine && machine.state === 'holding') placeAt(rows[line]?.key, -ABOVE_LINE);
        else machine.release();
      }
    } else if (isReplaced && anchor.current) {
      placeAt(anchor.current.key, anchor.current.into);
    }
    settling.check();
  }, [rows, first, lineAfter, isHeld, machine, position, follow, placeAt, settling]);

  const goToEnd = useCallback(() => {
    machine.goToEnd();
    wantedLine.current = null;
    wantedSeq.current = null;
    setAway(false);
    follow();
  }, [machine, follow]);
  const goToLine = useCallback(() => {
    const { rows } = latest.current;
    placeAt(rows[lineRow(rows)]?.key, -ABOVE_LINE, 'request');
  }, [placeAt]);
  const goTo = useCallback(
    (seq: Seq) => {
      const key = keyOf(latest.current.rows, seq);
      wantedSeq.current = key === undefined ? seq : null;
      placeAt(key, -ABOVE_TARGET, 'request');
      return key !== undefined;
    },
    [placeAt],
  );
  const scrollInput = useMemo<ScrollInput>(() => {
    const mayScroll = () => machine.userScrollsUp(Number.POSITIVE_INFINITY, performance.now());
    return {
      onWheel: ({ deltaY, deltaMode }) => {
        if (deltaY >= 0) return;
        // Lines and pages have no known height.
        const distance = deltaMode === 0 ? -deltaY : Number.POSITIVE_INFINITY;
        machine.userScrollsUp(distance, performance.now());
      },
      onTouchMove: mayScroll,
      onKeyDown: mayScroll,
      onPointerDown: ({ pointerType }) => {
        // Touch scrolls only when the finger moves.
        if (pointerType === 'touch') return;
        isPressed.current = true;
        mayScroll();
      },
      onPointerMove: ({ buttons }) => {
        if (buttons === 0) isPressed.current = false;
      },
      onPointerUp: () => {
        isPressed.current = false;
      },
    };
  }, [machine]);
  return {
    isAway,
    isPrepended,
    isSettled: () => settling.isSettled,
    moved,
    goToEnd,
    goToLine,
    goTo,
    input: scrollInput,
  };
}

/** The DOM gives a consistent snapshot; the virtual list updates each value in a separate event. */
function layoutOf(scroller: HTMLElement | null): Layout | null {
  return (
    scroller && {
      offset: scroller.scrollTop,
      size: scroller.scrollHeight,
      viewport: scroller.clientHeight,
    }
  );
}

function lineRow(rows: readonly Row[]): number {
  return rows.findIndex((row) => row.kind === 'message' && row.isFirstUnread);
}

function keyOf(rows: readonly Row[], seq: Seq): string | undefined {
  return rows.find((row) => row.kind === 'message' && row.message.seq === seq)?.key;
}

function firstMessageKey(rows: readonly Row[]): string | null {
  return rows.find((row) => row.kind === 'message')?.key ?? null;
}
