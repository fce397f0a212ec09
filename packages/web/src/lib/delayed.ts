import { Listeners } from './listeners.ts';

/** How long an action can be undone, ms. */
export const UNDO_MS = 5_000;

interface Waiting {
  readonly run: () => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * Actions that the user can undo, each under a key. They run after a delay, or when the page is
 * hidden or closed, in which case they may not finish before the page is gone.
 */
export class DelayedActions {
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners = new Listeners();

  /**
   * Runs an action after {@link UNDO_MS}. An action already waiting under this key keeps its time.
   */
  add(key: string, run: () => void): void {
    if (this.#waiting.has(key)) return;
    const timer = setTimeout(() => this.#run(key), UNDO_MS);
    this.#waiting.set(key, { run, timer });
    this.#changed();
  }

  /** Whether an action is waiting under this key. */
  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Drops an action. Does nothing if it has run. */
  undo(key: string): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(key);
    this.#changed();
  }

  /** Runs all actions now. */
  flush(): void {
    for (const key of [...this.#waiting.keys()]) this.#run(key);
  }

  /** Calls `listener` after each change; returns a function that ends this. */
  subscribe = this.#listeners.subscribe;

  #run(key: string): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(key);
    waiting.run();
    this.#changed();
  }

  #changed(): void {
    this.#listeners.notify();
  }
}

/** Runs the actions when the page is hidden, the last event that all browsers report to a page. */
export function flushWhenHidden(actions: DelayedActions, page: Document): void {
  page.addEventListener('visibilitychange', () => {
    if (page.visibilityState === 'hidden') actions.flush();
  });
  page.defaultView?.addEventListener('pagehide', () => actions.flush());
}

/** The deletions of messages that are not sent yet. */
export const deletions = new DelayedActions();
