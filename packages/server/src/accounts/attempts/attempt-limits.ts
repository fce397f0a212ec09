import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { type AccountId, refusal } from '@parley/protocol';
import type pg from 'pg';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { AuditEntry } from '../../audit/audit-log.ts';
import { RefusalError } from '../../http/errors.ts';

export { addressKey } from '../../limits/address-key.ts';

/** A limit: this many points in a period, then a lock. Times in seconds. */
interface Limit {
  readonly points: number;
  readonly duration: number;
  /** The first lock; each further one within a day is twice as long, up to `waitMax`. */
  readonly wait?: number;
  readonly waitMax?: number;
  /** Counted in this process only, when it is too frequent for the database. */
  readonly local?: boolean;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

const LIMITS = {
  /**
   * Wrong passwords for one account from one address, so that attackers lock out only themselves.
   */
  wrongPassword: { points: 10, duration: 300, wait: 60, waitMax: HOUR },
  /** Wrong passwords for one account from anywhere. */
  wrongPasswordAnywhere: { points: 100, duration: HOUR, wait: 300, waitMax: HOUR },
  /** Wrong passwords for one account from a device that has logged in to it before. */
  wrongPasswordDevice: { points: 10, duration: 300, wait: 60, waitMax: HOUR },
  /** Wrong passwords for one account from all such devices. */
  wrongPasswordDevices: { points: 100, duration: HOUR, wait: 300, waitMax: HOUR },
  /** Logins from one address, which many users may share. */
  login: { points: 100, duration: 300, wait: 60, waitMax: HOUR },
  /** Registrations from one address. */
  register: { points: 60, duration: 600, wait: 60, waitMax: HOUR },
  /** Codes entered for one email address from one address, regardless of how many were requested. */
  code: { points: 5, duration: 600, wait: 600, waitMax: DAY },
  /** Codes entered for one email address from anywhere: those of 20 emails. */
  codeAnywhere: { points: 100, duration: DAY, wait: 600, waitMax: DAY },
  /** Codes and links used from one address. */
  codeFrom: { points: 60, duration: 600, wait: 60, waitMax: HOUR },
  /** Password resets requested from one address. */
  forgot: { points: 20, duration: 600, wait: 60, waitMax: HOUR },
  /** Emails to one email address caused without a session from one address. */
  emailTo: { points: 6, duration: HOUR },
  /** The same from anywhere: one address alone cannot exhaust it. */
  emailToAnywhere: { points: 12, duration: HOUR },
  /** New email addresses that an account asks codes for. */
  newAddress: { points: 10, duration: HOUR },
  /** Second factors entered for one account, across all logins. */
  secondFactor: { points: 10, duration: 600, wait: 60, waitMax: HOUR },
  /** Data exports of an account. */
  export: { points: 10, duration: HOUR },
  /** Passwords entered to confirm an operation of a session. */
  confirm: { points: 10, duration: 300, wait: 60, waitMax: HOUR },
  /** Access tokens of one session, which needs one every few minutes. */
  token: { points: 60, duration: 60, local: true },
} as const satisfies Record<string, Limit>;

/** A limit that is counted here. */
export type AttemptLimit = keyof typeof LIMITS;

type BlockedListener = (limit: AttemptLimit, key: string, seconds: number) => Promise<void>;

/** The login locks of an account, for admins. */
export interface AccountLock {
  /** The account is locked until then (wall clock, ms); null when only some addresses are. */
  readonly until: number | null;
  /** Locked addresses, each until its time. */
  readonly addresses: readonly { readonly address: string; readonly until: number }[];
}

/**
 * Counts attempts in the database, so that limits hold across nodes and restarts. Each lock within
 * a day is twice as long as the previous one.
 */
export class AttemptLimits {
  readonly #pool: pg.Pool;
  readonly #on: boolean;
  readonly #blockedListeners: BlockedListener[] = [];
  readonly #limiters = new Map<AttemptLimit, RateLimiterAbstract>();
  /** Counts how often each limit was exceeded. */
  readonly #levels = new Map<AttemptLimit, RateLimiterAbstract>();

  /** With `on` false nothing is refused (the setting RATE_LIMITS). */
  constructor(pool: pg.Pool, on: boolean) {
    this.#pool = pool;
    this.#on = on;
    const stored = (keyPrefix: string, points: number, duration: number) =>
      new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: 'attempts',
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix,
        points,
        duration,
      });
    for (const [name, limit] of Object.entries(LIMITS) as [AttemptLimit, Limit][]) {
      const { points, duration, wait, local } = limit;
      this.#limiters.set(
        name,
        local
          ? new RateLimiterMemory({ keyPrefix: name, points, duration })
          : stored(name, points, duration),
      );
      if (wait !== undefined) this.#levels.set(name, stored(`${name}+`, 1_000_000, DAY));
    }
  }

  /** Called with each lock that starts; awaited. */
  onBlocked(listener: BlockedListener): void {
    this.#blockedListeners.push(listener);
  }

  /**
   * Counts an attempt before it is made, so that concurrent attempts cannot exceed the limit.
   * @throws {RefusalError} rate_limited, when there were too many
   */
  async take(limit: AttemptLimit, key: string): Promise<void> {
    const limiter = this.#limiters.get(limit);
    if (!this.#on || !limiter) return;
    try {
      await limiter.consume(key);
    } catch (error) {
      // The library reports a refusal by throwing its result.
      if (!(error instanceof RateLimiterRes)) throw error;
      let ms = error.msBeforeNext;
      const levels = this.#levels.get(limit);
      // The first attempt above the limit starts the lock; attempts during the lock do not extend
      // it.
      if (levels && error.consumedPoints === limiter.points + 1) {
        const { wait = 0, waitMax = DAY }: Limit = LIMITS[limit];
        const level = (await levels.consume(key)).consumedPoints;
        const seconds = Math.min(waitMax, wait * 2 ** Math.min(level - 1, 20));
        await limiter.block(key, seconds);
        ms = seconds * 1000;
        for (const listener of this.#blockedListeners) await listener(limit, key, seconds);
      }
      refuseFor(ms);
    }
  }

  /**
   * Counts an email to an email address, requested from `address`.
   * @throws {RefusalError} rate_limited
   */
  async takeEmail(subject: string, address: string): Promise<void> {
    const to = nameKey(subject);
    await this.take('emailTo', `${to} ${address}`);
    await this.take('emailToAnywhere', to);
  }

  /** Refunds a counted attempt that succeeded. */
  async refund(limit: AttemptLimit, key: string): Promise<void> {
    if (this.#on) await this.#limiters.get(limit)?.reward(key);
  }

  /** Resets the attempts and locks after a success. */
  async clear(limit: AttemptLimit, key: string): Promise<void> {
    if (!this.#on) return;
    await this.#limiters.get(limit)?.delete(key);
    await this.#levels.get(limit)?.delete(key);
  }

  /** Returns the login locks of these accounts. */
  async locks(accounts: readonly AccountId[]): Promise<Map<AccountId, AccountLock>> {
    const { rows } = await this.#pool.query<{ key: string; expire: number }>({
      name: 'limits-locks',
      text: `select key, expire from attempts
             where expire > $1
               and (key = any($2::text[]) and points > $3
                 or split_part(key, ' ', 1) = any($4::text[]) and points > $5)`,
      values: [
        Date.now(),
        accounts.map((id) => `wrongPasswordAnywhere:${accountKey(id)}`),
        LIMITS.wrongPasswordAnywhere.points,
        accounts.map((id) => `wrongPassword:${accountKey(id)}`),
        LIMITS.wrongPassword.points,
      ],
    });
    const locks = new Map<AccountId, AccountLock>();
    for (const { key, expire } of rows) {
      const [, limit = '', id = '', address] = /^(\w+):a:([0-9a-f-]+)(?: (.*))?$/.exec(key) ?? [];
      const account = id as AccountId;
      const lock = locks.get(account) ?? { until: null, addresses: [] };
      locks.set(
        account,
        limit === 'wrongPasswordAnywhere'
          ? { ...lock, until: expire }
          : { ...lock, addresses: [...lock.addresses, { address: address ?? '', until: expire }] },
      );
    }
    return locks;
  }

  /** Removes all login locks of an account. */
  async unlock(account: AccountId): Promise<void> {
    const key = accountKey(account);
    await this.#pool.query({
      name: 'limits-unlock',
      text: `delete from attempts
             where key = any($1::text[]) or split_part(key, ' ', 1) = any($2::text[])`,
      values: [
        ['wrongPasswordAnywhere', 'wrongPasswordDevices'].flatMap((name) => [
          `${name}:${key}`,
          `${name}+:${key}`,
        ]),
        ['wrongPassword', 'wrongPasswordDevice'].flatMap((name) => [
          `${name}:${key}`,
          `${name}+:${key}`,
        ]),
      ],
    });
  }

  /** Removes expired attempts. */
  async clean(): Promise<void> {
    await this.#pool.query('delete from attempts where expire < $1', [Date.now()]);
  }
}

function refuseFor(ms: number): never {
  const retryAfter = Math.max(1, Math.ceil(ms / 1000));
  throw new RefusalError(refusal('rate_limited', undefined, { retryAfter }));
}

/** Returns the key of an account in the limits. */
export const accountKey = (account: AccountId): string => `a:${account}`;

/** Returns the key of an unknown name or address, hashed: mistyped input is not stored. */
export const nameKey = (name: string): string =>
  `n:${createHash('sha256').update(name).digest('base64url')}`;

/** The /64 of an IPv6 address, as {@link addressKey} writes it. */
const IPV6_64 = /^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}$/;

/**
 * Returns the audit entry of a lock: the account and the address, as far as its key contains them.
 */
export function lockedOut(limit: AttemptLimit, key: string, seconds: number): AuditEntry {
  const account = /^(?:a:)?([0-9a-f]{8}-[0-9a-f-]{27})\b/.exec(key)?.[1] as AccountId | undefined;
  const address = key.split(' ').find((part) => isIP(part) !== 0 || IPV6_64.test(part));
  return {
    event: 'locked_out',
    outcome: 'denied',
    account: account ?? null,
    actor: null,
    address: address ?? null,
    details: { limit, seconds },
  };
}
