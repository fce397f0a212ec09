import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { VListHandle } from 'virtua';
import { EndFollowing, type ListPosition } from './end-following.ts';
import type { Row } from './rows.ts';

/** Rows that came in front, or around a message, are measured within this time, ms. */
const SETTLE_MS = 250;
/** What stays visible above the line “New”, px. */
const ABOVE_LINE = 48;

/** What a list is scrolled by. */
export interface FollowInput {
  readonly list: RefObject<VListHandle | null>;
  /** The element that scrolls. */
  readonly scroller: () => HTMLElement | null;
  readonly rows: readonly Row[];
  readonly hasNewer: boolean;
  /** The message that the line “New” follows; null or undefined without a line. */
  readonly lineAfter: number | null | undefined;
  /** Nobody looks, or messages are missing: the first unread message stays on screen. */
  readonly isHeld: boolean;
}

/** What a list does about its end. */
export interface Following {
  /** Whether the person reads something else than the newest messages. */
  readonly isAway: boolean;
  /** Whether rows have come in front of the ones that were there. */
  readonly isPrepended: boolean;
  /** Whether positions are to be believed: nothing is being measured. */
  isSettled(): boolean;
  /** The list was scrolled (`scrolled`), has come to rest (`ended`), or was resized (`changed`). */
  moved(how: 'scrolled' | 'ended' | 'changed'): void;
  goToEnd(): void;
  goToLine(): void;
}

/** A row, and how much of it is above the visible part, px; less than 0 leaves room above it. */
interface Place {
  readonly key: string;
  readonly into: number;
}

/** Keeps a list at its end, at its first unread message, or where the person has scrolled to. */
export function useFollowing(input: FollowInput, onSettled: () => void): Following {
  const [machine] = useState(() => new EndFollowing());
  const [isAway, setAway] = useState(false);
  const latest = useRef(input);
  latest.current = input;
  const settled = useRef(onSettled);
  settled.current = onSettled;
  const settledAt = useRef(0);
  /** The first visible row, and how much of it is hidden above, px. */
  const anchor = useRef<Place | null>(null);
  const placed = useRef<Place | null>(null);
  const isSettled = useCallback(() => performance.now() >= settledAt.current, []);

  const position = useCallback((): ListPosition | null => {
    const element = latest.current.scroller();
    if (!element) return null;
    // The page's own figures are of one moment; the virtual list learns of each by another event.
    return {
      offset: element.scrollTop,
      size: element.scrollHeight,
      viewport: element.clientHeight,
      isNewest: !latest.current.hasNewer,
      isSettled: isSettled(),
    };
  }, [isSettled]);

  /**
   * Scrolls once. The list's own scrollToIndex goes on scrolling while rows are measured, against a
   * person who scrolls meanwhile; here every measurement comes by `moved`, which asks the machine.
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

  /** Scrolls to the end, or to the line when that is what the list is held at. */
  const follow = useCallback((): 'end' | 'line' => {
    const { list, rows } = latest.current;
    const handle = list.current;
    if (!handle || rows.length === 0) return 'end';
    const line = machine.state === 'holding' ? lineRow(rows) : -1;
    const top = line < 0 ? Number.POSITIVE_INFINITY : handle.getItemOffset(line) - ABOVE_LINE;
    const isAtLine = top < handle.scrollSize - handle.viewportSize;
    // More than the end: the browser keeps it in bounds, also where a height has not been drawn yet.
    scrollTo(isAtLine ? top : handle.scrollSize * 2);
    return isAtLine ? 'line' : 'end';
  }, [machine, scrollTo]);

  /** Scrolls to where the list is placed. */
  const keepPlace = useCallback(() => {
    const { list, rows } = latest.current;
    const place = placed.current;
    const row = place ? rows.findIndex(({ key }) => key === place.key) : -1;
    if (place && list.current && row >= 0) scrollTo(list.current.getItemOffset(row) + place.into);
  }, [scrollTo]);

  /** Looks again when positions are to be believed. */
  const settleLater = useCallback(() => {
    setTimeout(
      () => {
        const at = position();
        if (!at) return;
        if (at.isSettled) machine.settle(at);
        setAway(machine.state === 'away');
        settled.current();
      },
      Math.max(0, settledAt.current - performance.now()) + 20,
    );
  }, [machine, position]);

  const placeAt = useCallback(
    (key: string | undefined, into: number) => {
      if (key === undefined) return;
      placed.current = { key, into };
      machine.place();
      settledAt.current = performance.now() + SETTLE_MS;
      keepPlace();
      settleLater();
    },
    [machine, keepPlace, settleLater],
  );

  const moved = useCallback(
    (how: 'scrolled' | 'ended' | 'changed') => {
      const at = position();
      const { list, rows } = latest.current;
      if (!at || !list.current) return;
      if (how === 'scrolled') machine.scrolled(at);
      else if (how === 'ended') machine.scrollEnded(at);
      else machine.changed(at);
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
  /** The line that the list is still to be put at. */
  const wantedLine = useRef<number | null | undefined>(undefined);
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
      wantedLine.current = isOpening || machine.isFollowing ? lineAfter : null;
    }
    const before = firstKey.current;
    firstKey.current = first;
    if (rows.length === 0) return;
    const isReplaced = before !== null && !rows.some((row) => row.key === before);
    if (before !== null && before !== first) settledAt.current = performance.now() + SETTLE_MS;
    // The person may have scrolled since the last event told of it.
    const at = position();
    if (at) machine.changed(at);
    const line = lineRow(rows);
    const wantsLine = wantedLine.current != null && line >= 0;
    if (wantsLine) wantedLine.current = null;
    if (wantsLine && machine.state !== 'holding') {
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
    settleLater();
  }, [rows, first, lineAfter, isHeld, machine, position, follow, placeAt, settleLater]);

  const goToEnd = useCallback(() => {
    machine.goToEnd();
    wantedLine.current = null;
    setAway(false);
    follow();
  }, [machine, follow]);
  const goToLine = useCallback(() => {
    const { rows } = latest.current;
    placeAt(rows[lineRow(rows)]?.key, -ABOVE_LINE);
  }, [placeAt]);
  return { isAway, isPrepended, isSettled, moved, goToEnd, goToLine };
}

function lineRow(rows: readonly Row[]): number {
  return rows.findIndex((row) => row.kind === 'message' && row.isFirstUnread);
}

function firstMessageKey(rows: readonly Row[]): string | null {
  return rows.find((row) => row.kind === 'message')?.key ?? null;
}
