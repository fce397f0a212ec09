/** Closer to the end than this, px, a list counts as being there. */
export const NEAR_END = 60;

/** Where a list stands. */
export interface ListPosition {
  /** Distance from the top to the first visible pixel, px. */
  readonly offset: number;
  /** Height of everything, px. */
  readonly size: number;
  /** Height of what is visible, px. */
  readonly viewport: number;
  /** Whether the last row is the newest message. */
  readonly isNewest: boolean;
  /** False while rows are still being measured: positions mean little. */
  readonly isSettled: boolean;
}

/**
 * - `following`: the list stays at its end, whatever is added or changes its height;
 * - `holding`: as `following`, but only until the first unread message has reached the top;
 * - `paused`: the person scrolls up; when the scrolling ends near where it began, the list follows again;
 * - `placing`: the list was put at a message, whose surroundings are still being measured;
 * - `away`: the person reads something else, and new messages move nothing.
 */
export type FollowState = 'following' | 'holding' | 'paused' | 'placing' | 'away';

/**
 * Decides whether a list follows its end. A list that grows at its end is away from it for moments, as
 * is one whose rows are being measured; so the distance from the end says nothing of what the person
 * wants. What says it is the person's own movement: the list moved up by more than rows that shrank, a
 * viewport that grew, or our own scrolling explain.
 */
export class EndFollowing {
  #state: FollowState = 'following';
  #last: ListPosition | null = null;
  /** Upward movement that is expected and not the person's, px. */
  #expected = 0;
  /** How far the person has scrolled up since `following`, px. */
  #up = 0;

  /** What the list does now. */
  get state(): FollowState {
    return this.#state;
  }

  /** Whether the list is to be scrolled to its end, or to the first unread message. */
  get isFollowing(): boolean {
    return this.#state === 'following' || this.#state === 'holding';
  }

  /** Rows were added or measured, or the viewport has another height. */
  changed(at: ListPosition): void {
    this.#moved(at);
  }

  /** The list was scrolled, by anybody. */
  scrolled(at: ListPosition): void {
    this.#moved(at);
    if (this.#state === 'away' && isAtEnd(at) && at.isSettled) this.#become('following');
  }

  /** No scrolling has come for a while. */
  scrollEnded(at: ListPosition): void {
    this.scrolled(at);
    this.#expected = 0;
    if (this.#state === 'paused') this.#become('following');
  }

  /** The list is about to be scrolled to this offset by us. */
  scrollsTo(offset: number): void {
    if (this.#last && offset < this.#last.offset) this.#expected += this.#last.offset - offset;
  }

  /** The person asks for the end: by a button, or by sending a message. */
  goToEnd(): void {
    this.#become('following');
  }

  /** The list is put at a message. */
  place(): void {
    this.#become('placing');
  }

  /** What surrounds the message that the list was put at is measured. */
  settle(at: ListPosition): void {
    this.#last = at;
    if (this.#state === 'placing') this.#become(isAtEnd(at) ? 'following' : 'away');
  }

  /** Nobody looks, or messages are missing: what comes must not scroll out of sight unread. */
  hold(): void {
    if (this.#state === 'following' || this.#state === 'paused') this.#become('holding');
  }

  /** Somebody looks again, and everything that is new is on screen. */
  release(): void {
    if (this.#state === 'holding') this.#become('following');
  }

  #become(state: FollowState): void {
    this.#state = state;
    this.#up = 0;
  }

  #moved(at: ListPosition): void {
    const last = this.#last;
    this.#last = at;
    if (!last) return;
    const grown = at.size - last.size;
    this.#expected += Math.max(0, -grown) + Math.max(0, at.viewport - last.viewport);
    const up = last.offset - at.offset;
    // At the very end after moving up: the browser has kept the offset in bounds.
    if (up > 0 && at.size - at.offset - at.viewport > 1) {
      const expected = Math.min(up, this.#expected);
      this.#expected -= expected;
      // Positions are rounded.
      if (up - expected > 1) this.#movedUp(up - expected);
    } else if (this.#state === 'paused' && -up > Math.max(0, grown)) {
      this.#up -= -up - Math.max(0, grown);
      if (this.#up <= 0) this.#become('following');
    }
  }

  #movedUp(distance: number): void {
    if (this.#state === 'placing') this.#become('away');
    if (this.#state === 'away') return;
    this.#state = 'paused';
    this.#up += distance;
    if (this.#up >= NEAR_END) this.#become('away');
  }
}

/** Whether the newest message is visible, or nearly. */
export function isAtEnd(at: ListPosition): boolean {
  return at.isNewest && at.size - at.offset - at.viewport < NEAR_END;
}
