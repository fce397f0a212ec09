import { isIPv6 } from 'node:net';
import { refusal } from '@parley/protocol';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RefusalError } from '../http/errors.ts';

/** How often somebody may try: points in a time of seconds. */
const LIMITS = {
  /** Wrong passwords for one account from one address: nobody can lock out somebody else. */
  wrongPassword: { points: 10, duration: 300 },
  /** Wrong passwords for one account from anywhere. */
  wrongPasswordAnywhere: { points: 200, duration: 3_600 },
  /** Log-ins from one address, which a whole house may share. */
  login: { points: 100, duration: 300 },
  /** Registrations from one address. */
  register: { points: 60, duration: 600 },
  /** Access tokens for one session, which needs one in some minutes. */
  token: { points: 60, duration: 60 },
} as const;

/** A limit that is kept here. */
export type AttemptLimit = keyof typeof LIMITS;

/** Counts attempts, in this process. With several nodes the same library counts in Redis. */
export class AttemptLimits {
  readonly #limiters: ReadonlyMap<AttemptLimit, RateLimiterMemory> | null;

  /** With `on` false nothing is ever refused (the setting RATE_LIMITS). */
  constructor(on: boolean) {
    const names = Object.keys(LIMITS) as AttemptLimit[];
    this.#limiters = on
      ? new Map(names.map((n) => [n, new RateLimiterMemory({ keyPrefix: n, ...LIMITS[n] })]))
      : null;
  }

  /**
   * Counts an attempt.
   * @throws {RefusalError} rate_limited, when there were too many
   */
  async take(limit: AttemptLimit, key: string): Promise<void> {
    try {
      await this.#limiters?.get(limit)?.consume(key);
    } catch (error) {
      // The library refuses by throwing its result.
      if (!(error instanceof RateLimiterRes)) throw error;
      refuseFor(error.msBeforeNext);
    }
  }

  /**
   * Whether attempts are left, without counting one: for limits that only failures use up.
   * @throws {RefusalError} rate_limited
   */
  async check(limit: AttemptLimit, key: string): Promise<void> {
    const state = await this.#limiters?.get(limit)?.get(key);
    if (state && state.remainingPoints <= 0) refuseFor(state.msBeforeNext);
  }

  /** Forgets the attempts: it worked. */
  async clear(limit: AttemptLimit, key: string): Promise<void> {
    await this.#limiters?.get(limit)?.delete(key);
  }
}

function refuseFor(ms: number): never {
  const retryAfter = Math.max(1, Math.ceil(ms / 1000));
  throw new RefusalError(refusal('rate_limited', undefined, { retryAfter }));
}

/** What counts as one address: of IPv6 the /64 that one household or machine is given. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
