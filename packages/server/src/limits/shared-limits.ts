import type { Redis } from 'ioredis';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { Logger } from '../runtime/log.ts';

/** The points that a key (an account or an address) may use per number of seconds. */
export interface Allowance {
  readonly points: number;
  readonly seconds: number;
}

/** The limits that apply across all nodes. */
export interface SharedAllowances {
  /** Commands of an account, over all its sockets. */
  readonly commands: Allowance;
  /** Requests of an account. */
  readonly requests: Allowance;
  /** Requests from one address, of any account. */
  readonly address: Allowance;
}

/** The interval at which this node adds its use to the shared count. */
const SYNC_MS = 200;

interface Account {
  /** The points left, as far as this node knows. */
  left: number;
  /** Points used here that are not in the shared count yet. */
  pending: number;
  /** When `left` expires, monotonic ms. */
  until: number;
}

/**
 * Rate limits across all nodes, counted in Redis; without Redis, or while it is unreachable, in
 * this process.
 *
 * 1. `take` never waits: it counts locally, and the use is synchronized five times a second.
 * 2. A key may therefore exceed its allowance by what the other nodes admit in that interval. While
 *    Redis is unreachable, it has its allowance on each node, but never more.
 */
export class SharedLimits {
  readonly #log: Logger;
  readonly #redis: Redis | null;
  readonly #kinds = new Map<
    keyof SharedAllowances,
    { points: number; limiter: RateLimiterAbstract; keys: Map<string, Account> }
  >();
  readonly #timer: NodeJS.Timeout;

  /**
   * `space` separates servers that share a Redis. An allowance of 0 points is unlimited. Closes the
   * connection when it stops.
   */
  constructor(
    allowances: SharedAllowances,
    redis: { readonly connection: Redis; readonly space: string } | null,
    log: Logger,
  ) {
    this.#log = log;
    this.#redis = redis?.connection ?? null;
    for (const kind of Object.keys(allowances) as (keyof SharedAllowances)[]) {
      const { points, seconds: duration } = allowances[kind];
      if (points === 0) continue;
      const here = new RateLimiterMemory({ keyPrefix: kind, points, duration });
      const limiter = this.#redis
        ? new RateLimiterRedis({
            storeClient: this.#redis,
            keyPrefix: `parley:${redis?.space}:limit:${kind}`,
            points,
            duration,
            insuranceLimiter: here,
            rejectIfRedisNotReady: true,
          })
        : here;
      this.#kinds.set(kind, { points, limiter, keys: new Map() });
    }
    this.#timer = setInterval(() => this.#sync(), SYNC_MS);
    this.#timer.unref();
  }

  /** Takes one point of a key; returns null, or the seconds until one is available. */
  take(kind: keyof SharedAllowances, key: string): number | null {
    const now = performance.now();
    const account = this.#current(kind, key, now);
    if (!account) return null;
    if (account.left <= 0) {
      const ms = account.until === Number.POSITIVE_INFINITY ? SYNC_MS : account.until - now;
      return Math.max(0.1, Math.ceil(ms / 100) / 10);
    }
    account.left--;
    account.pending++;
    return null;
  }

  /** Takes points of a key for something that has already happened, even if there are fewer. */
  charge(kind: keyof SharedAllowances, key: string, points: number): void {
    if (points === 0) return;
    const account = this.#current(kind, key, performance.now());
    if (!account) return;
    account.left -= points;
    account.pending += points;
  }

  /** Returns the account of a key in its current window; null if the kind is not limited. */
  #current(kind: keyof SharedAllowances, key: string, now: number): Account | null {
    const limit = this.#kinds.get(kind);
    if (!limit) return null;
    let account = limit.keys.get(key);
    if (!account) {
      account = { left: limit.points, pending: 0, until: Number.POSITIVE_INFINITY };
      limit.keys.set(key, account);
    }
    if (account.until <= now) {
      account.left = limit.points;
      account.until = Number.POSITIVE_INFINITY;
    }
    return account;
  }

  /** Stops the timer and closes the connection. */
  stop(): void {
    clearInterval(this.#timer);
    this.#redis?.disconnect();
  }

  #sync(): void {
    const now = performance.now();
    for (const { limiter, keys } of this.#kinds.values()) {
      for (const [key, account] of keys) {
        if (account.pending > 0) void this.#syncKey(limiter, key, account);
        else if (account.until <= now) keys.delete(key);
      }
    }
  }

  async #syncKey(limiter: RateLimiterAbstract, key: string, account: Account): Promise<void> {
    const points = account.pending;
    account.pending = 0;
    try {
      update(account, await limiter.consume(key, points));
    } catch (error) {
      // The library throws its result if the limit is exceeded.
      if (error instanceof RateLimiterRes) update(account, error);
      else this.#log.warn({ err: error }, 'rate limit not counted');
    }
  }
}

function update(account: Account, { remainingPoints, msBeforeNext }: RateLimiterRes): void {
  account.left = remainingPoints - account.pending;
  account.until = performance.now() + msBeforeNext;
}
