/** A page that is hidden has no frames; it is updated this often, ms. */
const HIDDEN_MS = 250;
/** The longest pause after an update, ms: a slow device falls behind by no more. */
const PAUSE_MAX_MS = 100;

/** What a {@link FrameSchedule} runs in; the browser, and a model of it in tests. */
export interface FrameHost {
  now(): number;
  /** Calls back before the next frame; in a hidden page, after a while. Called once at a time. */
  onFrame(callback: () => void): void;
  /** Calls back in a task of its own, after the microtasks that are waiting. */
  afterTask(callback: () => void): void;
  after(ms: number, callback: () => void): void;
}

/**
 * Calls back at most once per frame: the first time at once, in a microtask, so that what the user does is
 * shown in the same frame; what comes after that waits for the next frame. After an update that took long, as many
 * milliseconds are left for input, so that hundreds of messages a second do not delay a key press.
 */
export class FrameSchedule {
  readonly #host: FrameHost;
  readonly #waiting = new Set<() => void>();
  /** Whether an update is due, or was made so recently that the next one waits. */
  #isBusy = false;

  constructor(host: FrameHost = browser()) {
    this.#host = host;
  }

  /** Calls `callback` with the next update, once however often it was scheduled. */
  schedule(callback: () => void): void {
    this.#waiting.add(callback);
    if (this.#isBusy) return;
    this.#isBusy = true;
    queueMicrotask(() => this.#update());
  }

  /**
   * Calls back now if something waits: what the user has just done is shown in the same frame as the rest of it, even
   * while much arrives.
   */
  flush(): void {
    for (const callback of this.#take()) callback();
  }

  #take(): readonly (() => void)[] {
    const callbacks = [...this.#waiting];
    this.#waiting.clear();
    return callbacks;
  }

  #update(): void {
    const startedAt = this.#host.now();
    const callbacks = this.#take();
    this.#host.afterTask(() => this.#pause(this.#host.now() - startedAt));
    for (const callback of callbacks) callback();
  }

  /** `tookMs`: with what React rendered in microtasks. */
  #pause(tookMs: number): void {
    const next = () =>
      this.#host.onFrame(() => {
        if (this.#waiting.size > 0) this.#update();
        else this.#isBusy = false;
      });
    const pause = Math.min(tookMs, PAUSE_MAX_MS);
    // Most updates are much shorter than a frame.
    if (pause < 4) next();
    else this.#host.after(pause, next);
  }
}

function browser(): FrameHost {
  return {
    now: () => performance.now(),
    onFrame(callback) {
      const run = () => {
        clearTimeout(timer);
        cancelAnimationFrame(frame);
        callback();
      };
      const timer = setTimeout(run, HIDDEN_MS);
      const frame = requestAnimationFrame(run);
    },
    afterTask(callback) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        callback();
      };
      port2.postMessage(null);
    },
    after: (ms, callback) => void setTimeout(callback, ms),
  };
}

/** The schedule of this page: what is shown of the client changes in one update. */
export const frames = new FrameSchedule();
