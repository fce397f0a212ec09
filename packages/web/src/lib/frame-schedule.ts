/** A hidden page has no frames; it is updated at this interval, ms. */
const HIDDEN_MS = 250;
/** The longest pause after an update, ms, so that a slow device does not fall further behind. */
const PAUSE_MAX_MS = 100;

/** The environment of a {@link FrameSchedule}: the browser, or a model of it in tests. */
export interface FrameHost {
  now(): number;
  /** Calls back before the next frame; in a hidden page, after a while. Called once at a time. */
  onFrame(callback: () => void): void;
  /** Calls back in a separate task, after the waiting microtasks. */
  afterTask(callback: () => void): void;
  after(ms: number, callback: () => void): void;
  /** Reports an error that a callback has thrown. */
  report(error: unknown): void;
}

/**
 * Calls back at most once per frame. The first callback comes in a microtask, so that an action of the
 * user is shown in the same frame; later ones wait for the next frame. A long update is followed by an
 * equally long pause for input, so that hundreds of messages a second do not delay a key press.
 */
export class FrameSchedule {
  readonly #host: FrameHost;
  readonly #waiting = new Set<() => void>();
  /** Whether an update is due, or was made so recently that the next one waits. */
  #isBusy = false;

  constructor(host: FrameHost = browser()) {
    this.#host = host;
  }

  /** Calls `callback` once with the next update, even if it was scheduled several times. */
  schedule(callback: () => void): void {
    this.#waiting.add(callback);
    if (this.#isBusy) return;
    this.#isBusy = true;
    queueMicrotask(() => this.#update());
  }

  /**
   * Calls the waiting callbacks now, so that an action of the user is shown in one frame even while many
   * messages arrive.
   */
  flush(): void {
    this.#run(this.#take());
  }

  /** Calls every callback: one that throws must not keep the others from showing the change. */
  #run(callbacks: readonly (() => void)[]): void {
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        this.#host.report(error);
      }
    }
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
    this.#run(callbacks);
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
    report: (error) => reportError(error),
  };
}

/** The schedule of this page: what is shown of the client changes in one update. */
export const frames = new FrameSchedule();
