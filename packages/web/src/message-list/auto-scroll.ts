/** A list is at its end within this distance from it, px. */
export const NEAR_END = 60;
/** The layout of a list is stable if it has not changed for this time, ms. */
export const STABLE_MS = 300;
/** Wheel scrolling takes effect within this time, ms; otherwise our own scrolling has overridden it. */
export const WHEEL_MS = 500;

/** The scroll position of a list. */
export interface ListPosition {
  /** Distance from the top of the content to the first visible pixel, px. */
  readonly offset: number;
  /** Height of the content, px. */
  readonly size: number;
  /** Height of the viewport, px. */
  readonly viewport: number;
  /** Whether the last row is the newest message. */
  readonly isNewest: boolean;
  /** False while rows are being measured, when positions are unreliable. */
  readonly isSettled: boolean;
  /** When it was read, ms of a monotonic clock. */
  readonly now: number;
}

/**
 * The scroll state of a list:
 * - `following`: the list stays at its end, whatever is added or changes its height;
 * - `holding`: as `following`, but stops when the first unread message reaches the top;
 * - `paused`: the user is scrolling up; `following` resumes if the scrolling ends near its start;
 * - `placing`: the list was scrolled to a message, and the rows around it are being measured;
 * - `away`: the user has scrolled elsewhere, and new messages do not move the list.
 */
export type AutoScrollState = 'following' | 'holding' | 'paused' | 'placing' | 'away';

/**
 * Decides whether a list scrolls with its end as messages arrive. A list that grows, or whose rows are
 * being measured, is briefly away from its end, so the distance alone does not show that the user has
 * scrolled up. The user has scrolled up if the list moved up by more than shrinking rows, a growing
 * viewport and our own scrolling explain, and either there was input that scrolls, or the layout has
 * been stable: when some rows grow while others shrink, the unexplained remainder looks like scrolling.
 * (Assistive technology and the browser's search scroll without input.)
 */
export class AutoScroll {
  #state: AutoScrollState = 'following';
  #last: ListPosition | null = null;
  /** Upward movement that shrinking rows and a growing viewport explain, px. */
  #expected = 0;
  /** Upward movement that the page has announced by {@link scrollsTo}, px. */
  #announced = 0;
  /** Upward movement that input of the user explains, px. */
  #intended = 0;
  /** When the user last caused upward movement. */
  #intendedAt = 0;
  /** When the layout changed last. */
  #changedAt = Number.NEGATIVE_INFINITY;
  /** How far the user has scrolled up since `following`, px. */
  #up = 0;

  /** The current state. */
  get state(): AutoScrollState {
    return this.#state;
  }

  /** Whether the list must be scrolled to its end, or to the first unread message. */
  get isFollowing(): boolean {
    return this.#state === 'following' || this.#state === 'holding';
  }

  /** Handles added or measured rows, or a resized viewport. */
  changed(at: ListPosition): void {
    this.#changedAt = at.now;
    this.#moved(at);
  }

  /**
   * Announces that the user scrolls up by at most this distance, px: that of a wheel event, or Infinity
   * for touch, keys and a pressed pointer. Valid until the scrolling ends.
   */
  userScrollsUp(distance: number, now: number): void {
    this.#intended = this.#intendedBy(now) + distance;
    this.#intendedAt = now;
  }

  /** Handles a scroll event, whether the user or the page caused it. */
  scrolled(at: ListPosition): void {
    this.#moved(at);
    if (this.#state === 'away' && isAtEnd(at) && at.isSettled) this.#become('following');
  }

  /** Handles the end of scrolling. */
  scrollEnded(at: ListPosition): void {
    this.scrolled(at);
    this.#expected = 0;
    this.#announced = 0;
    this.#intended = 0;
    if (this.#state === 'paused') this.#become('following');
  }

  /** Announces that the page is about to scroll the list to this offset. */
  scrollsTo(offset: number): void {
    if (this.#last && offset < this.#last.offset) this.#announced += this.#last.offset - offset;
  }

  /** Follows the end again: the user pressed the button or sent a message. */
  goToEnd(): void {
    this.#becomeOnRequest('following');
  }

  /** Starts placing the list at a message that the user wants to see. */
  goTo(): void {
    this.#becomeOnRequest('placing');
  }

  /** Starts placing the list at a message because its rows have changed. */
  place(): void {
    this.#become('placing');
  }

  /** Ends placing: the rows around the message are measured. */
  settle(at: ListPosition): void {
    this.#last = at;
    if (this.#state === 'placing') this.#become(isAtEnd(at) ? 'following' : 'away');
  }

  /** Holds the first unread message on screen while the user is elsewhere or messages are missing. */
  hold(): void {
    if (this.#state === 'following' || this.#state === 'paused') this.#become('holding');
  }

  /** Ends holding: the user is back, and all new messages are on screen. */
  release(): void {
    if (this.#state === 'holding') this.#become('following');
  }

  #becomeOnRequest(state: AutoScrollState): void {
    // The key or pointer press made the request, and scrolls nothing itself.
    this.#intended = 0;
    this.#become(state);
  }

  #become(state: AutoScrollState): void {
    this.#state = state;
    this.#up = 0;
  }

  #moved(at: ListPosition): void {
    const last = this.#last;
    this.#last = at;
    if (!last) return;
    const grown = at.size - last.size;
    if (grown !== 0 || at.viewport !== last.viewport) this.#changedAt = at.now;
    this.#expected += Math.max(0, -grown) + Math.max(0, at.viewport - last.viewport);
    const up = last.offset - at.offset;
    // Moved up and still at the very end: the browser has clamped the offset. The expected layout changes
    // have happened, and must not hide that the user scrolls up later.
    const fromEnd = at.size - at.offset - at.viewport;
    if (Math.abs(fromEnd) <= 1) this.#expected = 0;
    if (up > 0 && fromEnd > 1) {
      const announced = Math.min(up, this.#announced);
      this.#announced -= announced;
      const expected = announced + Math.min(up - announced, this.#expected);
      this.#expected -= expected - announced;
      const isStable = at.now - this.#changedAt >= STABLE_MS;
      const intended = this.#intendedBy(at.now);
      const byUser = isStable ? up - expected : Math.min(up - expected, intended);
      this.#intended = Math.max(0, intended - byUser);
      // Positions are rounded.
      if (byUser > 1) this.#movedUp(byUser);
    } else if (this.#state === 'paused' && -up > Math.max(0, grown)) {
      this.#up -= -up - Math.max(0, grown);
      if (this.#up <= 0) this.#become('following');
    }
  }

  #intendedBy(now: number): number {
    const isOver = now - this.#intendedAt >= WHEEL_MS && this.#intended < Number.POSITIVE_INFINITY;
    return isOver ? 0 : this.#intended;
  }

  #movedUp(distance: number): void {
    if (this.#state === 'placing') this.#become('away');
    if (this.#state === 'away') return;
    this.#state = 'paused';
    this.#up += distance;
    if (this.#up >= NEAR_END) this.#become('away');
  }
}

/** Returns whether the newest message is visible, or nearly. */
export function isAtEnd(at: ListPosition): boolean {
  return at.isNewest && at.size - at.offset - at.viewport < NEAR_END;
}
