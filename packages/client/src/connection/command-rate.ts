import type { Limits } from '@parley/protocol';

/** The limits of a connection that {@link CommandRate} keeps within. */
export type CommandLimits = Pick<Limits, 'commands' | 'commandWindowMs'>;

/** A token bucket slightly below the server’s limit: the two clocks differ, and `fill` and `renew` count too. */
export class CommandRate {
  readonly #size: number;
  readonly #perMs: number;
  #tokens: number;
  #at = performance.now();

  /** Starts with a full bucket. A limit of 0 means no limit. */
  constructor({ commands, commandWindowMs }: CommandLimits) {
    this.#size = Math.floor(commands * 0.8);
    this.#perMs = this.#size / commandWindowMs;
    this.#tokens = this.#size;
  }

  /** Takes a token and returns 0, or returns the milliseconds until one is available. */
  take(): number {
    if (this.#size === 0) return 0;
    const now = performance.now();
    this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perMs;
    this.#tokens -= 1;
    return 0;
  }
}
