/** Measuring rows takes at least this time, ms. */
const SETTLE_MS = 250;
/** The number of consecutive frames with the same layout after which it is stable. */
const STABLE_FRAMES = 3;
/** The number of frames after which a layout that keeps changing, as when messages arrive fast, counts as stable. */
const MAX_FRAMES = 120;

/** The scroll position of a list and what it depends on, px. */
export interface Layout {
  readonly offset: number;
  readonly size: number;
  readonly viewport: number;
}

/** The environment of a {@link Settling}: the list in the browser, or a model of it in tests. */
export interface SettlingHost {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Calls back before the next frame. A hidden page has no frames, and measures nothing. */
  onFrame(callback: () => void): void;
  /** The current layout; null if the list is gone. */
  layout(): Layout | null;
  /** The layout changed while rows are being measured. */
  onChange(): void;
  /** The rows are measured. Also called after each {@link Settling.check}. */
  onSettled(): void;
}

/**
 * Decides when the rows of a virtual list are measured and its positions can be relied on. A row that is
 * rendered is measured in the next frame, and can cause further rows to be rendered. Frames are counted,
 * because on a slow device no fixed time is enough.
 */
export class Settling {
  readonly #host: SettlingHost;
  #isSettled = true;
  #isWaiting = false;
  #startedAt = 0;
  #frames = 0;
  #stable = 0;
  #last: Layout | null = null;

  constructor(host: SettlingHost) {
    this.#host = host;
  }

  /** False while rows are being measured. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Starts again: rows that must be measured were added, or the list was scrolled to others. */
  start(): void {
    this.#isSettled = false;
    this.#startedAt = this.#host.now();
    this.#frames = 0;
    this.#stable = 0;
    this.check();
  }

  /** Calls back with the next frame, or once the rows are measured. */
  check(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#host.onFrame(() => this.#frame());
  }

  #frame(): void {
    this.#isWaiting = false;
    const layout = this.#host.layout();
    if (!layout) {
      this.#isSettled = true;
      return;
    }
    if (!this.#isSettled) {
      const isChanged = !isSame(layout, this.#last);
      this.#last = layout;
      this.#frames++;
      this.#stable = isChanged ? 0 : this.#stable + 1;
      if (isChanged) this.#host.onChange();
      const isStable =
        this.#stable >= STABLE_FRAMES && this.#host.now() - this.#startedAt >= SETTLE_MS;
      this.#isSettled = isStable || this.#frames >= MAX_FRAMES;
      if (!this.#isSettled) {
        this.check();
        return;
      }
    }
    this.#host.onSettled();
  }
}

function isSame(a: Layout, b: Layout | null): boolean {
  return b !== null && a.offset === b.offset && a.size === b.size && a.viewport === b.viewport;
}
