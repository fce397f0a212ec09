import { Redis } from 'ioredis';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { Logger } from '../log.ts';

/** How much of something a key (an account, an address) may have within a time of seconds. */
export interface Allowance {
  readonly points: number;
  readonly seconds: number;
}

/** What is limited over all nodes. */
export interface SharedAllowances {
  /** Commands of an account, over all its sockets. */
  readonly commands: Allowance;
  /** Requests of an account. */
  readonly requests: Allowance;
  /** Requests from one address, whoever makes them. */
  readonly address: Allowance;
}

/** What was used up here is told to the common count this often. */
const TELL_MS = 200;
/** A count that does not answer in this time is left alone. */
const ANSWER_MS = 1_000;

interface Account {
  /** What is left, as far as is known here. */
  left: number;
  /** Used here and not told yet. */
  untold: number;
  /** Until when `left` holds, monotonic ms. */
  until: number;
}

/**
 * Limits that hold over all nodes, counted in Redis; without one, or while it is away, in this
 * process.
 *
 * 1. Nobody waits for it: what is left is known here, and what was used is told five times a second.
 * 2. So a key may exceed its allowance by what other nodes let pass within that time, and while
 *    Redis is away has its allowance on each node; never more.
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
   * `space` keeps servers apart that share a Redis. An allowance of 0 points has no limit.
   */
  constructor(
    allowances: SharedAllowances,
    redis: { readonly url: string; readonly space: string } | null,
    log: Logger,
  ) {
    this.#log = log;
    this.#redis = redis === null ? null : connect(redis.url, log);
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
    this.#timer = setInterval(() => this.#tell(), TELL_MS);
    this.#timer.unref();
  }

  /** Takes one for the key: null, or the seconds until there is one again. */
  take(kind: keyof SharedAllowances, key: string): number | null {
    const limit = this.#kinds.get(kind);
    if (!limit) return null;
    const now = performance.now();
    let account = limit.keys.get(key);
    if (!account) {
      account = { left: limit.points, untold: 0, until: Number.POSITIVE_INFINITY };
      limit.keys.set(key, account);
    }
    if (account.until <= now) {
      account.left = limit.points;
      account.until = Number.POSITIVE_INFINITY;
    }
    if (account.left <= 0) {
      const ms = account.until === Number.POSITIVE_INFINITY ? TELL_MS : account.until - now;
      return Math.max(0.1, Math.ceil(ms / 100) / 10);
    }
    account.left--;
    account.untold++;
    return null;
  }

  /** Ends its timer and its connection. */
  stop(): void {
    clearInterval(this.#timer);
    this.#redis?.disconnect();
  }

  #tell(): void {
    const now = performance.now();
    for (const { limiter, keys } of this.#kinds.values()) {
      for (const [key, account] of keys) {
        if (account.untold > 0) void this.#tellOf(limiter, key, account);
        else if (account.until <= now) keys.delete(key);
      }
    }
  }

  async #tellOf(limiter: RateLimiterAbstract, key: string, account: Account): Promise<void> {
    const points = account.untold;
    account.untold = 0;
    try {
      learn(account, await limiter.consume(key, points));
    } catch (error) {
      // The library refuses by throwing its result.
      if (error instanceof RateLimiterRes) learn(account, error);
      else this.#log.warn({ err: error }, 'a limit could not be counted');
    }
  }
}

function learn(account: Account, { remainingPoints, msBeforeNext }: RateLimiterRes): void {
  account.left = remainingPoints - account.untold;
  account.until = performance.now() + msBeforeNext;
}

function connect(url: string, log: Logger): Redis {
  const redis = new Redis(url, {
    protocol: 2 as const,
    connectTimeout: 2_000,
    commandTimeout: ANSWER_MS,
    // While it is away the limits are counted here, not later.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'parley-limits',
    retryStrategy: (times: number) => Math.min(50 * 2 ** times, 2_000),
  });
  // The broker says, in words, that Redis is away.
  redis.on('error', (error: Error) => log.debug({ err: error.message }, 'limits connection'));
  return redis;
}
