/**
 * - `idle`: nothing to do until it is woken.
 * - `running`: the work is running.
 * - `woken`: the work is running, and runs again afterwards: it may have missed the reason for the
 *   wake-up.
 * - `stopped`: the work does not start again.
 */
type State = 'idle' | 'running' | 'woken' | 'stopped';

interface BackgroundWorkerDeps {
  /** Does all pending work. Returns early, at the end of a step, once `isStopped` is true. */
  readonly work: (isStopped: () => boolean) => Promise<void>;
  /** The interval at which the work runs without a wake-up, ms. */
  readonly pollMs: number;
  /** The delay of the next run after one that failed, ms. */
  readonly retryMs: number;
  /** Called when the work throws. */
  readonly onError: (error: unknown) => void;
}

/**
 * Runs work in the background: at an interval, and whenever it is woken.
 *
 * 1. There is one run at a time.
 * 2. After {@link wake}, a run starts that sees everything that was pending at the call.
 * 3. A failed run is followed by another one, even without a wake-up.
 */
export class BackgroundWorker {
  readonly #deps: BackgroundWorkerDeps;
  readonly #isStopped = (): boolean => this.#state === 'stopped';
  #state: State = 'idle';
  #running: Promise<void> = Promise.resolve();
  #poll: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(deps: BackgroundWorkerDeps) {
    this.#deps = deps;
  }

  /** Starts the interval, with a run now. */
  start(): void {
    if (this.#isStopped()) return;
    this.#poll ??= setInterval(() => this.wake(), this.#deps.pollMs).unref();
    this.wake();
  }

  /** Runs the work now, or again after the current run. */
  wake(): void {
    if (this.#state === 'running') this.#state = 'woken';
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    this.#running = this.#run();
  }

  /** Stops for good, after the current step of the work. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearInterval(this.#poll);
    clearTimeout(this.#retry);
    await this.#running;
  }

  async #run(): Promise<void> {
    do await this.#attempt();
    while (this.#isWoken());
  }

  /** Ends a run. Returns whether another one follows, because of a wake-up since its start. */
  #isWoken(): boolean {
    const woken = this.#state === 'woken';
    if (!this.#isStopped()) this.#state = woken ? 'running' : 'idle';
    return woken;
  }

  async #attempt(): Promise<void> {
    const { work, retryMs, onError } = this.#deps;
    try {
      await work(this.#isStopped);
    } catch (error) {
      onError(error);
      if (this.#isStopped()) return;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.wake(), retryMs).unref();
    }
  }
}
