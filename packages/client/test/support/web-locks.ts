interface Options {
  readonly ifAvailable?: boolean;
  readonly steal?: boolean;
  readonly signal?: AbortSignal;
}
type Run = (lock: object | null) => unknown;

interface Holder {
  readonly lost: (error: Error) => void;
}

/** The Web Locks of a browser, as far as the SDK uses them: exclusive ones, which can be awaited, tried and stolen. */
export class WebLocks {
  readonly #holders = new Map<string, Holder>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Whether a lock with this name is held. */
  isHeld(name: string): boolean {
    return this.#holders.has(name);
  }

  async request(name: string, ...rest: [Options, Run] | [Run]): Promise<unknown> {
    const run = rest.at(-1) as Run;
    const { ifAvailable, steal, signal } = rest.length === 2 ? rest[0] : {};
    signal?.throwIfAborted();
    if (ifAvailable && this.isHeld(name)) return run(null);
    if (steal) {
      this.#holders.get(name)?.lost(new DOMException('stolen', 'AbortError'));
      this.#holders.delete(name);
    }
    if (this.isHeld(name)) await this.#turn(name, signal);
    return this.#hold(name, run);
  }

  #turn(name: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(name) ?? [];
      this.#waiting.set(name, waiting);
      waiting.push(resolve);
      signal?.addEventListener('abort', () => {
        waiting.splice(waiting.indexOf(resolve), 1);
        reject(signal.reason);
      });
    });
  }

  async #hold(name: string, run: Run): Promise<unknown> {
    let holder: Holder | undefined;
    const stolen = new Promise<never>((_resolve, reject) => {
      holder = { lost: reject };
    });
    this.#holders.set(name, holder as Holder);
    try {
      return await Promise.race([Promise.resolve().then(() => run({})), stolen]);
    } finally {
      if (this.#holders.get(name) === holder) {
        this.#holders.delete(name);
        this.#waiting.get(name)?.shift()?.();
      }
    }
  }
}
