import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AutoScroll, type ListPosition, NEAR_END, STABLE_MS, WHEEL_MS } from './auto-scroll.ts';

const position = (change: Partial<ListPosition> = {}): ListPosition => ({
  offset: 400,
  size: 1_000,
  viewport: 600,
  isNewest: true,
  isSettled: true,
  now: 0,
  ...change,
});

/**
 * Models a virtual list in a browser: scroll events are delayed and coalesced, heights are estimated
 * first and measured later, and offsets are clamped.
 */
class List {
  readonly autoScroll = new AutoScroll();
  offset = 400;
  size = 1_000;
  viewport = 600;
  /** How far the user has scrolled up from the end, px, without rows that were added. */
  wanted = 0;
  readonly now = 0;
  #isReported = true;

  get position(): ListPosition {
    const { offset, size, viewport, now } = this;
    return position({ offset, size, viewport, now });
  }

  get fromEnd(): number {
    return this.size - this.viewport - this.offset;
  }

  scrollTo(offset: number): void {
    const to = Math.max(0, Math.min(offset, this.size - this.viewport));
    if (to !== this.offset) this.#isReported = false;
    this.offset = to;
  }

  /** Does what the application does when rows or heights change. */
  changed(): void {
    this.autoScroll.changed(this.position);
    this.follow();
  }

  follow(): void {
    if (this.autoScroll.isFollowing) this.scrollTo(this.size);
  }

  report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.autoScroll.scrolled(this.position);
  }

  /** Delivers all pending events. */
  rest(): void {
    this.report();
    this.autoScroll.scrollEnded(this.position);
    this.follow();
    this.report();
    this.autoScroll.scrollEnded(this.position);
  }
}

type Step = (list: List) => void;
const pixels = fc.integer({ min: 1, max: 900 });

/** A step that the user does not cause. */
const automaticStep: fc.Arbitrary<Step> = fc.oneof(
  pixels.map(
    (height): Step =>
      (list) => {
        list.size += height;
        list.changed();
      },
  ),
  // Rows above are measured as smaller: the offset is corrected at once and reported later.
  pixels.map(
    (height): Step =>
      (list) => {
        const less = Math.min(height, list.offset);
        list.size -= less;
        list.autoScroll.changed(list.position);
        list.scrollTo(list.offset - less);
        list.follow();
      },
  ),
  // In one measurement, rows above are smaller, and a new row is larger than estimated.
  fc.tuple(pixels, pixels).map(
    ([height, more]): Step =>
      (list) => {
        const less = Math.min(height, list.offset);
        list.size += more - less;
        list.scrollTo(list.offset - less);
        list.changed();
      },
  ),
  // Older rows are prepended.
  pixels.map(
    (height): Step =>
      (list) => {
        list.size += height;
        list.scrollTo(list.offset + height);
        list.changed();
      },
  ),
  // The window or the keyboard changes the height; the browser clamps the offset.
  fc.integer({ min: 200, max: 900 }).map(
    (viewport): Step =>
      (list) => {
        list.viewport = viewport;
        list.size = Math.max(list.size, viewport);
        list.scrollTo(list.offset);
        list.changed();
      },
  ),
  // A row is deleted.
  pixels.map(
    (height): Step =>
      (list) => {
        list.size = Math.max(list.viewport, list.size - Math.min(height, 60));
        list.scrollTo(list.offset);
        list.changed();
      },
  ),
  fc.constant<Step>((list) => list.report()),
  fc.constant<Step>((list) => {
    list.report();
    list.autoScroll.scrollEnded(list.position);
    list.follow();
  }),
);

const byUser = (distance: number): Step => {
  return (list) => {
    list.report();
    if (distance < 0) list.autoScroll.userScrollsUp(-distance, 0);
    list.scrollTo(list.offset + distance);
    list.report();
  };
};

describe('a following list', () => {
  test('a following list stays at its end through any steps that the user does not cause', () => {
    fc.assert(
      fc.property(fc.array(automaticStep, { maxLength: 80 }), (steps) => {
        const list = new List();
        list.rest();
        for (const step of steps) step(list);
        list.rest();
        expect(list.autoScroll.state).toBe('following');
        expect(list.fromEnd).toBe(0);
      }),
      { numRuns: 3_000 },
    );
  });

  test('a list stays where the user has scrolled to, however fast messages arrive', () => {
    fc.assert(
      fc.property(
        fc.array(automaticStep, { maxLength: 20 }),
        fc.array(fc.integer({ min: 4, max: 200 }), { minLength: 1, maxLength: 20 }),
        fc.array(automaticStep, { minLength: 1, maxLength: 20 }),
        (before, scrolls, after) => {
          const list = new List();
          list.rest();
          for (const step of before) step(list);
          list.size += 5_000;
          list.changed();
          list.rest();
          let up = 0;
          for (const distance of scrolls) {
            byUser(-distance)(list);
            up += distance;
            // A message arrives between two wheel events.
            list.size += 44;
            list.changed();
          }
          if (up < NEAR_END) return;
          expect(list.autoScroll.state).toBe('away');
          const { offset } = list;
          list.size += 900;
          list.changed();
          list.rest();
          expect(list.offset).toBe(offset);
          for (const step of after) step(list);
          if (list.fromEnd >= NEAR_END) expect(list.autoScroll.isFollowing).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('following resumes after a small movement, and when the user scrolls back to the end', () => {
    const list = new List();
    list.rest();
    byUser(-20)(list);
    expect(list.autoScroll.state).toBe('paused');
    list.size += 300;
    list.changed();
    expect(list.fromEnd).toBe(320);
    list.rest();
    expect(list.autoScroll.state).toBe('following');
    expect(list.fromEnd).toBe(0);

    byUser(-NEAR_END)(list);
    expect(list.autoScroll.state).toBe('away');
    byUser(10)(list);
    expect(list.autoScroll.state).toBe('following');
    byUser(-30)(list);
    byUser(30)(list);
    expect(list.autoScroll.state).toBe('following');
  });

  test('a list goes to its end on request', () => {
    const list = new List();
    list.size = 9_000;
    list.changed();
    list.rest();
    byUser(-3_000)(list);
    list.autoScroll.goToEnd();
    list.follow();
    list.rest();
    expect(list.autoScroll.state).toBe('following');
    expect(list.fromEnd).toBe(0);
  });

  test('does not mistake the press of a button in the list for scrolling', () => {
    for (const request of ['goToEnd', 'goTo'] as const) {
      const autoScroll = new AutoScroll();
      autoScroll.changed(position({ offset: 4_000, size: 9_000 }));
      autoScroll.place();
      autoScroll.settle(position({ offset: 4_000, size: 9_000 }));
      expect(autoScroll.state).toBe('away');
      // It is not known what a pressed pointer or key will do.
      autoScroll.userScrollsUp(Number.POSITIVE_INFINITY, 0);
      autoScroll[request]();
      autoScroll.changed(position({ offset: 8_400, size: 9_000, now: 10 }));
      // Rows are measured: some are larger, others smaller.
      autoScroll.changed(position({ offset: 8_000, size: 9_100, now: 20 }));
      expect(autoScroll.state).toBe(request === 'goToEnd' ? 'following' : 'placing');
    }
  });

  test('following stops for a user who scrolls up after many resizes of the window', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position());
    for (let n = 0; n < 10; n++) {
      autoScroll.changed(position({ viewport: 900, offset: 100 }));
      autoScroll.changed(position({ viewport: 600, offset: 400 }));
    }
    autoScroll.userScrollsUp(120, 0);
    autoScroll.scrolled(position({ offset: 280 }));
    expect(autoScroll.state).toBe('away');
  });

  test('following stops for scrolling without input once the layout has been stable', () => {
    const soon = new AutoScroll();
    soon.changed(position());
    soon.scrolled(position({ offset: 200, now: STABLE_MS - 1 }));
    expect(soon.state).toBe('following');
    const later = new AutoScroll();
    later.changed(position());
    later.scrolled(position({ offset: 200, now: STABLE_MS }));
    expect(later.state).toBe('away');
    // A change that shows only in the positions.
    const resized = new AutoScroll();
    resized.changed(position());
    resized.scrolled(position({ offset: 200, size: 1_001, now: STABLE_MS }));
    resized.scrolled(position({ offset: 100, size: 1_001, now: 2 * STABLE_MS - 1 }));
    expect(resized.state).toBe('following');
    resized.scrolled(position({ offset: 40, size: 1_001, now: 2 * STABLE_MS }));
    expect(resized.state).toBe('away');
  });

  test('counts scrolling up only as far as the user scrolls', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position());
    autoScroll.userScrollsUp(20, 0);
    autoScroll.scrolled(position({ offset: 100 }));
    expect(autoScroll.state).toBe('paused');
    autoScroll.scrolled(position({ offset: 10 }));
    expect(autoScroll.state).toBe('paused');
    autoScroll.scrollEnded(position({ offset: 10 }));
    expect(autoScroll.state).toBe('following');
    // A wheel event was announced, but no scrolling followed.
    autoScroll.userScrollsUp(500, 0);
    autoScroll.changed(position({ now: WHEEL_MS }));
    autoScroll.scrolled(position({ offset: 100, now: WHEEL_MS }));
    expect(autoScroll.state).toBe('following');
    // The announcement ends with the scrolling.
    autoScroll.userScrollsUp(Number.POSITIVE_INFINITY, 0);
    autoScroll.scrollEnded(position());
    autoScroll.scrolled(position({ offset: 100 }));
    expect(autoScroll.state).toBe('following');
  });

  test('does not mistake an offset clamped by the browser for the user scrolling', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position({ offset: 1_193, size: 1_664, viewport: 471 }));
    autoScroll.scrolled(position({ offset: 913, size: 1_664, viewport: 751 }));
    autoScroll.scrolled(position({ offset: 543, size: 1_294, viewport: 751 }));
    autoScroll.scrollEnded(position({ offset: 200, size: 951, viewport: 751 }));
    expect(autoScroll.state).toBe('following');
  });

  test('does not mistake a window that grows after a wheel event for the user scrolling', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position({ offset: 1_193, size: 1_664, viewport: 471 }));
    autoScroll.userScrollsUp(300, 0);
    // A new row has not been scrolled to yet.
    autoScroll.scrolled(position({ offset: 993, size: 1_764, viewport: 671 }));
    expect(autoScroll.state).toBe('following');
  });

  test('forgets scrolling that did not happen when the scrolling ends', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position({ offset: 4_400, size: 5_000 }));
    autoScroll.scrollsTo(4_000);
    autoScroll.scrollEnded(position({ offset: 4_400, size: 5_000 }));
    autoScroll.userScrollsUp(400, 0);
    autoScroll.scrolled(position({ offset: 4_000, size: 5_000 }));
    expect(autoScroll.state).toBe('away');
  });
});

describe('a list placed at a message', () => {
  test('a list placed at a message is away from its end once the rows around the message are measured', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position());
    autoScroll.place();
    autoScroll.userScrollsUp(20, 0);
    autoScroll.scrolled(position({ offset: 380, isSettled: false }));
    expect(autoScroll.state).toBe('away');

    autoScroll.place();
    autoScroll.settle(position({ size: 5_000 }));
    expect(autoScroll.state).toBe('away');
    autoScroll.place();
    autoScroll.settle(position());
    expect(autoScroll.state).toBe('following');
  });

  test('ignores positions while rows are measured, and an end that is not the newest message', () => {
    const autoScroll = new AutoScroll();
    autoScroll.place();
    autoScroll.settle(position({ size: 5_000 }));
    autoScroll.scrolled(position({ isSettled: false }));
    expect(autoScroll.state).toBe('away');
    autoScroll.scrolled(position({ isNewest: false }));
    expect(autoScroll.state).toBe('away');
    autoScroll.scrolled(position());
    expect(autoScroll.state).toBe('following');
  });
});

describe('a held list', () => {
  test('a held list follows again when the user is back', () => {
    const autoScroll = new AutoScroll();
    autoScroll.hold();
    expect(autoScroll.state).toBe('holding');
    expect(autoScroll.isFollowing).toBe(true);
    autoScroll.release();
    expect(autoScroll.state).toBe('following');
  });

  test('does not mistake its own scrolling to the line for the user scrolling', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position({ offset: 4_400, size: 5_000 }));
    autoScroll.hold();
    autoScroll.scrollsTo(2_000);
    autoScroll.scrolled(position({ offset: 2_000, size: 5_000 }));
    expect(autoScroll.state).toBe('holding');
    autoScroll.userScrollsUp(100, 0);
    autoScroll.scrolled(position({ offset: 1_900, size: 5_000 }));
    expect(autoScroll.state).toBe('away');
  });

  test('a list is not held while the user has scrolled elsewhere', () => {
    const autoScroll = new AutoScroll();
    autoScroll.changed(position({ offset: 4_400, size: 5_000 }));
    autoScroll.userScrollsUp(400, 0);
    autoScroll.scrolled(position({ offset: 4_000, size: 5_000 }));
    autoScroll.hold();
    autoScroll.release();
    expect(autoScroll.state).toBe('away');
  });
});
