import { startTransition } from 'react';

/** The work starts this long after the last of it was scheduled, ms: scrolling and switching are over then. */
const QUIET_MS = 250;
/** The work is delayed no longer than this, however much is scheduled, ms. */
const DELAY_MAX_MS = 2_000;

/** What an {@link IdleSchedule} runs in; the browser, and a model of it in tests. */
export interface IdleHost {
  now(): number;
  /** Calls back after a time. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back when the page has nothing else to do. */
  whenIdle(callback: () => void): void;
}

/** Calls back once nothing was scheduled for a moment and the page is idle; all that waits is called together. */
export class IdleSchedule {
  readonly #host: IdleHost;
  readonly #waiting = new Set<() => void>();
  #firstAt = 0;
  #cancel: () => void = () => undefined;

  constructor(host: IdleHost = browser()) {
    this.#host = host;
  }

  /** Calls `callback` once when the page is idle. Returns a function that cancels it. */
  schedule(callback: () => void): () => void {
    const now = this.#host.now();
    if (this.#waiting.size === 0) this.#firstAt = now;
    this.#waiting.add(callback);
    this.#cancel();
    const latest = this.#firstAt + DELAY_MAX_MS - now;
    this.#cancel = this.#host.after(Math.max(0, Math.min(QUIET_MS, latest)), () =>
      this.#host.whenIdle(() => this.#run()),
    );
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
      // React renders what changes in parts, so that a key press does not wait for all of it.
      const run = () => startTransition(callback);
      // Safari has no idle callbacks.
      if ('requestIdleCallback' in window) window.requestIdleCallback(run, { timeout: 1_000 });
      else run();
    },
  };
}

/** The schedule of this page: renders what is needed only once the user points at it. */
export const idle = new IdleSchedule();
