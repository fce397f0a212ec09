import type { Seq } from '@parley/protocol';
import type { VListHandle } from 'virtua';
import { AutoScroll, type ListPosition } from './auto-scroll.ts';
import type { Row } from './rows.ts';
import { ScrollInputWatch } from './scroll-input.ts';
import { type Layout, Settling } from './settling.ts';

/** Space kept visible above the line “New”, px. */
const ABOVE_LINE = 48;
/** Space kept visible above a message that the user jumps to, px. */
const ABOVE_TARGET = 120;

/** A list of messages as it was rendered last. */
export interface RenderedList {
  /** The handle of the virtual list; null before it is mounted. */
  readonly handle: () => VListHandle | null;
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

/** A row, and how much of it is above the viewport, px; negative values leave space above it. */
interface Place {
  readonly key: string;
  readonly into: number;
}

/**
 * Scrolls a list: to its end as it grows, to its first unread message, or to where the user wants to be.
 * {@link AutoScroll} decides which. The virtual list’s own scrollToIndex keeps scrolling while rows are
 * measured, and fights a user who scrolls meanwhile; here every measurement consults the state machine.
 */
export class ScrollControl {
  readonly #machine = new AutoScroll();
  readonly #input = new ScrollInputWatch(this.#machine);
  readonly #onAway: (isAway: boolean) => void;
  readonly #settling: Settling;
  #list: RenderedList;
  /** The first visible row. */
  #anchor: Place | null = null;
  /** Where the list is kept while its rows are measured. */
  #placed: Place | null = null;
  #firstKey: string | null = null;
  #knownLine: number | null | undefined;
  /** The line “New” to which the list must still be scrolled. */
  #wantedLine: number | null | undefined;
  /** The message to which the list must be scrolled once it is loaded. */
  #wantedSeq: Seq | null = null;

  /**
   * `onAway` is told whether the user has scrolled away from the newest messages; `onSettled` is called
   * when positions are reliable again, and after each change of the rows.
   */
  constructor(list: RenderedList, onAway: (isAway: boolean) => void, onSettled: () => void) {
    this.#list = list;
    this.#onAway = onAway;
    this.#settling = new Settling({
      now: () => performance.now(),
      onFrame: (callback) => void requestAnimationFrame(callback),
      layout: () => layoutOf(this.#list.scroller()),
      onChange: () => {
        if (this.#machine.state === 'placing') this.#keepPlace();
      },
      onSettled: () => {
        const at = this.#position();
        if (!at) return;
        this.#machine.settle(at);
        this.#reportAway();
        onSettled();
      },
    });
  }

  /** Handlers for the element around the list, of input with which the user may scroll. */
  get input() {
    return this.#input.handlers;
  }

  /** Whether positions are reliable: no rows are being measured. */
  get isSettled(): boolean {
    return this.#settling.isSettled;
  }

  /** Sets the list that is about to be rendered; {@link rowsChanged} handles its changes afterwards. */
  setList(list: RenderedList): void {
    this.#list = list;
  }

  /** Whether the list that is about to be rendered has rows before the first one of the last list. */
  get isPrepended(): boolean {
    const before = this.#firstKey;
    const { rows } = this.#list;
    return before !== null && before !== firstMessageKey(rows) && hasKey(rows, before);
  }

  /** Handles new rows and a new line “New”, once they are rendered. */
  rowsChanged(): void {
    const { rows, isHeld } = this.#list;
    if (isHeld) this.#machine.hold();
    this.#updateLine();
    const before = this.#firstKey;
    this.#firstKey = firstMessageKey(rows);
    if (rows.length === 0) return;
    if (before !== null && before !== this.#firstKey) this.#settling.start();
    // The user may have scrolled since the last event.
    const at = this.#position();
    if (at) this.#machine.changed(at);
    this.#scrollToRows(before !== null && !hasKey(rows, before));
    this.#settling.check();
  }

  /** Handles a scroll event (`scrolled`), the end of scrolling (`ended`), and a resize (`changed`). */
  moved(how: 'scrolled' | 'ended' | 'changed'): void {
    const at = this.#position();
    const handle = this.#list.handle();
    if (!at || !handle) return;
    if (how === 'scrolled') this.#machine.scrolled(at);
    else if (how === 'ended') {
      this.#machine.scrollEnded(at);
      this.#input.scrollEnded();
    } else this.#machine.changed(at);
    if (how !== 'scrolled' && this.#machine.isFollowing) this.#follow();
    if (how === 'changed' && this.#machine.state === 'placing') this.#keepPlace();
    const top = handle.findItemIndex(at.offset);
    const key = this.#list.rows[top]?.key;
    this.#anchor = key === undefined ? null : { key, into: at.offset - handle.getItemOffset(top) };
    this.#reportAway();
  }

  /** Scrolls to the newest message, and follows the end again. */
  goToEnd(): void {
    this.#machine.goToEnd();
    this.#wantedLine = null;
    this.#wantedSeq = null;
    this.#reportAway();
    this.#follow();
  }

  /** Scrolls to the line “New”. */
  goToLine(): void {
    const { rows } = this.#list;
    this.#placeAt(rows[lineRow(rows)]?.key, -ABOVE_LINE, 'request');
  }

  /** Scrolls to a message; returns false if it must be loaded first, and scrolls once it is. */
  goTo(seq: Seq): boolean {
    const key = keyOf(this.#list.rows, seq);
    this.#wantedSeq = key === undefined ? seq : null;
    this.#placeAt(key, -ABOVE_TARGET, 'request');
    return key !== undefined;
  }

  /** A line that appears is scrolled to when the list is opened or near its end. */
  #updateLine(): void {
    const { lineAfter } = this.#list;
    if (lineAfter === this.#knownLine) return;
    const isOpening = this.#knownLine === undefined;
    this.#knownLine = lineAfter;
    const isNearEnd = this.#machine.isFollowing || this.#machine.state === 'paused';
    this.#wantedLine = isOpening || isNearEnd ? lineAfter : null;
  }

  /** `isReplaced`: none of the rows before are left. */
  #scrollToRows(isReplaced: boolean): void {
    const { rows, isHeld } = this.#list;
    const machine = this.#machine;
    const line = lineRow(rows);
    const wantsLine = this.#wantedLine != null && line >= 0;
    if (wantsLine) this.#wantedLine = null;
    const wanted = this.#wantedSeq === null ? undefined : keyOf(rows, this.#wantedSeq);
    if (wanted !== undefined) {
      this.#wantedSeq = null;
      this.#placeAt(wanted, -ABOVE_TARGET, 'request');
    } else if (wantsLine && machine.state !== 'holding') {
      this.#placeAt(rows[line]?.key, -ABOVE_LINE);
    } else if (machine.isFollowing) {
      const isAtLine = this.#follow() === 'line';
      if (isHeld) return;
      if (isAtLine && machine.state === 'holding') this.#placeAt(rows[line]?.key, -ABOVE_LINE);
      else machine.release();
    } else if (isReplaced && this.#anchor) {
      this.#placeAt(this.#anchor.key, this.#anchor.into);
    }
  }

  /** Scrolls to the end, or to the line “New” while the list is held. */
  #follow(): 'end' | 'line' {
    const { rows, hasUnread } = this.#list;
    const handle = this.#list.handle();
    if (!handle || rows.length === 0) return 'end';
    const line = hasUnread && this.#machine.state === 'holding' ? lineRow(rows) : -1;
    const top = line < 0 ? Number.POSITIVE_INFINITY : handle.getItemOffset(line) - ABOVE_LINE;
    const isAtLine = top < handle.scrollSize - handle.viewportSize;
    // Beyond the end, because heights may not be rendered yet; the browser clamps it.
    this.#scrollTo(isAtLine ? top : handle.scrollSize * 2);
    return isAtLine ? 'line' : 'end';
  }

  #placeAt(key: string | undefined, into: number, why: 'request' | 'rows' = 'rows'): void {
    if (key === undefined) return;
    this.#placed = { key, into };
    if (why === 'request') this.#machine.goTo();
    else this.#machine.place();
    this.#settling.start();
    this.#keepPlace();
  }

  /** Scrolls to the message at which the list is placed. */
  #keepPlace(): void {
    const place = this.#placed;
    const handle = this.#list.handle();
    const row = place ? this.#list.rows.findIndex(({ key }) => key === place.key) : -1;
    if (place && handle && row >= 0) this.#scrollTo(handle.getItemOffset(row) + place.into);
  }

  #scrollTo(offset: number): void {
    const element = this.#list.scroller();
    if (!element) return;
    this.#machine.scrollsTo(offset);
    element.scrollTop = offset;
  }

  #position(): ListPosition | null {
    const layout = layoutOf(this.#list.scroller());
    return (
      layout && {
        ...layout,
        isNewest: !this.#list.hasNewer,
        isSettled: this.#settling.isSettled,
        now: performance.now(),
      }
    );
  }

  #reportAway(): void {
    this.#onAway(this.#machine.state === 'away');
  }
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

function hasKey(rows: readonly Row[], key: string): boolean {
  return rows.some((row) => row.key === key);
}

function firstMessageKey(rows: readonly Row[]): string | null {
  return rows.find((row) => row.kind === 'message')?.key ?? null;
}
