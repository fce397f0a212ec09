import { startTransition } from 'react';

/** Work starts this long after the last schedule, ms, when scrolling and switching have ended. */
const QUIET_MS = 250;
/** The longest delay of work, regardless of how much is scheduled, ms. */
const DELAY_MAX_MS = 2_000;

/** The environment of an {@link IdleSchedule}: the browser, or a model of it in tests. */
export interface IdleHost {
  now(): number;
  /** Calls back after a time. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back when the page has nothing else to do. */
  whenIdle(callback: () => void): void;
}

/**
 * Calls all waiting callbacks together once nothing was scheduled for some time and the page is
 * idle.
 */
export class IdleSchedule {
  readonly #host: IdleHost;
  /** No work starts earlier, in ms as `now` has them. */
  readonly #from: number;
  readonly #waiting = new Set<() => void>();
  #firstAt = 0;
  #cancel: () => void = () => undefined;

  constructor(from = 0, host: IdleHost = browser()) {
    this.#from = from;
    this.#host = host;
  }

  /** Calls `callback` once when the page is idle. Returns a function that cancels it. */
  schedule(callback: () => void): () => void {
    const now = this.#host.now();
    if (this.#waiting.size === 0) this.#firstAt = now;
    this.#waiting.add(callback);
    this.#cancel();
    const latest = this.#firstAt + DELAY_MAX_MS - now;
    const delay = Math.max(0, Math.min(QUIET_MS, latest), this.#from - now);
    this.#cancel = this.#host.after(delay, () => this.#host.whenIdle(() => this.#run()));
    return () => this.#waiting.delete(callback);
  }

  #run(): void {
    const callbacks = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of callbacks) callback();
  }
}

function browser(): IdleHost {
  return {
    now: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    whenIdle(callback) {
      // React renders transitions in slices, so that a key press does not wait for all of it.
      const run = () => startTransition(callback);
      // Safari has no idle callbacks.
      if ('requestIdleCallback' in window) window.requestIdleCallback(run, { timeout: 1_000 });
      else run();
    },
  };
}

/** Until now a page that was opened may still be loading, ms. */
const STARTED_MS = 3_000;

/**
 * The schedule of this page, for elements that are soon needed. Neither schedule delays the start of the page; there are
 * two, so that these elements do not wait while others are being scheduled.
 */
export const idle = new IdleSchedule(STARTED_MS);

/** The schedule for elements needed only when the user points at them. */
export const idleAfterStart = new IdleSchedule(STARTED_MS);
