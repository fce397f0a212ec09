import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EndFollowing, type ListPosition, NEAR_END } from './end-following.ts';

const position = (change: Partial<ListPosition> = {}): ListPosition => ({
  offset: 400,
  size: 1_000,
  viewport: 600,
  isNewest: true,
  isSettled: true,
  ...change,
});

/**
 * A list as a browser and its virtual rows make it: scroll events come late and together, heights are
 * estimated first and measured later, and offsets are kept in bounds.
 */
class List {
  readonly following = new EndFollowing();
  offset = 400;
  size = 1_000;
  viewport = 600;
  /** How far the person is above the end of their own will, px; what was added does not count. */
  wanted = 0;
  #isReported = true;

  get position(): ListPosition {
    const { offset, size, viewport } = this;
    return position({ offset, size, viewport });
  }

  get fromEnd(): number {
    return this.size - this.viewport - this.offset;
  }

  scrollTo(offset: number): void {
    const to = Math.max(0, Math.min(offset, this.size - this.viewport));
    if (to !== this.offset) this.#isReported = false;
    this.offset = to;
  }

  /** What the application does when rows or heights have changed. */
  changed(): void {
    this.following.changed(this.position);
    this.follow();
  }

  follow(): void {
    if (this.following.isFollowing) this.scrollTo(this.size);
  }

  report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.following.scrolled(this.position);
  }

  /** Nothing happens any more. */
  rest(): void {
    this.report();
    this.following.scrollEnded(this.position);
    this.follow();
    this.report();
    this.following.scrollEnded(this.position);
  }
}

type Step = (list: List) => void;
const pixels = fc.integer({ min: 1, max: 900 });

/** What happens to a list by itself. */
const byItself: fc.Arbitrary<Step> = fc.oneof(
  pixels.map(
    (height): Step =>
      (list) => {
        list.size += height;
        list.changed();
      },
  ),
  // Rows above turn out smaller: the offset is corrected with them, and reported later.
  pixels.map(
    (height): Step =>
      (list) => {
        const less = Math.min(height, list.offset);
        list.size -= less;
        list.following.changed(list.position);
        list.scrollTo(list.offset - less);
        list.follow();
      },
  ),
  // Older rows come in front.
  pixels.map(
    (height): Step =>
      (list) => {
        list.size += height;
        list.scrollTo(list.offset + height);
        list.changed();
      },
  ),
  // The window or the keyboard changes the height; the browser keeps the offset in bounds.
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
    list.following.scrollEnded(list.position);
    list.follow();
  }),
);

const byUser = (distance: number): Step => {
  return (list) => {
    list.report();
    list.scrollTo(list.offset + distance);
    list.report();
  };
};

describe('a list that follows its end', () => {
  test('follows through whatever happens without the person', () => {
    fc.assert(
      fc.property(fc.array(byItself, { maxLength: 80 }), (steps) => {
        const list = new List();
        list.rest();
        for (const step of steps) step(list);
        list.rest();
        expect(list.following.state).toBe('following');
        expect(list.fromEnd).toBe(0);
      }),
      { numRuns: 3_000 },
    );
  });

  test('stays where the person has scrolled to, however fast messages come', () => {
    fc.assert(
      fc.property(
        fc.array(byItself, { maxLength: 20 }),
        fc.array(fc.integer({ min: 4, max: 200 }), { minLength: 1, maxLength: 20 }),
        fc.array(byItself, { minLength: 1, maxLength: 20 }),
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
            // A message comes between two movements of the wheel.
            list.size += 44;
            list.changed();
          }
          if (up < NEAR_END) return;
          expect(list.following.state).toBe('away');
          const { offset } = list;
          list.size += 900;
          list.changed();
          list.rest();
          expect(list.offset).toBe(offset);
          for (const step of after) step(list);
          if (list.fromEnd >= NEAR_END) expect(list.following.isFollowing).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('follows again when a small movement has ended, and when the person comes back', () => {
    const list = new List();
    list.rest();
    byUser(-20)(list);
    expect(list.following.state).toBe('paused');
    list.size += 300;
    list.changed();
    expect(list.fromEnd).toBe(320);
    list.rest();
    expect(list.following.state).toBe('following');
    expect(list.fromEnd).toBe(0);

    byUser(-NEAR_END)(list);
    expect(list.following.state).toBe('away');
    byUser(10)(list);
    expect(list.following.state).toBe('following');
    byUser(-30)(list);
    byUser(30)(list);
    expect(list.following.state).toBe('following');
  });

  test('goes to the end when it is asked for', () => {
    const list = new List();
    list.size = 9_000;
    list.changed();
    list.rest();
    byUser(-3_000)(list);
    list.following.goToEnd();
    list.follow();
    list.rest();
    expect(list.following.state).toBe('following');
    expect(list.fromEnd).toBe(0);
  });

  test('takes an offset that the browser keeps in bounds for nobody’s movement', () => {
    const following = new EndFollowing();
    following.changed(position({ offset: 1_193, size: 1_664, viewport: 471 }));
    following.scrolled(position({ offset: 913, size: 1_664, viewport: 751 }));
    following.scrolled(position({ offset: 543, size: 1_294, viewport: 751 }));
    following.scrollEnded(position({ offset: 200, size: 951, viewport: 751 }));
    expect(following.state).toBe('following');
  });
});

describe('a list that is put at a message', () => {
  test('is away from its end once what surrounds the message is measured', () => {
    const following = new EndFollowing();
    following.changed(position());
    following.place();
    following.scrolled(position({ offset: 380, isSettled: false }));
    expect(following.state).toBe('away');

    following.place();
    following.settle(position({ size: 5_000 }));
    expect(following.state).toBe('away');
    following.place();
    following.settle(position());
    expect(following.state).toBe('following');
  });

  test('believes no position while rows are measured, and no end that is not the newest', () => {
    const following = new EndFollowing();
    following.place();
    following.settle(position({ size: 5_000 }));
    following.scrolled(position({ isSettled: false }));
    expect(following.state).toBe('away');
    following.scrolled(position({ isNewest: false }));
    expect(following.state).toBe('away');
    following.scrolled(position());
    expect(following.state).toBe('following');
  });
});

describe('a list that is held', () => {
  test('goes on following when somebody looks again', () => {
    const following = new EndFollowing();
    following.hold();
    expect(following.state).toBe('holding');
    expect(following.isFollowing).toBe(true);
    following.release();
    expect(following.state).toBe('following');
  });

  test('takes our own scrolling up to the line for nobody’s', () => {
    const following = new EndFollowing();
    following.changed(position({ offset: 4_400, size: 5_000 }));
    following.hold();
    following.scrollsTo(2_000);
    following.scrolled(position({ offset: 2_000, size: 5_000 }));
    expect(following.state).toBe('holding');
    following.scrolled(position({ offset: 1_900, size: 5_000 }));
    expect(following.state).toBe('away');
  });

  test('is not held where the person reads something else', () => {
    const following = new EndFollowing();
    following.changed(position({ offset: 4_400, size: 5_000 }));
    following.scrolled(position({ offset: 4_000, size: 5_000 }));
    following.hold();
    following.release();
    expect(following.state).toBe('away');
  });
});
