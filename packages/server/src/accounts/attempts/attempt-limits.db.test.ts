import { randomUUID } from 'node:crypto';
import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer, PASSWORD } from '../../../test/support/credentials.ts';
import { startTestDatabase, type TestCluster } from '../../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../../test/support/server.ts';
import { RefusalError } from '../../http/errors.ts';
import { type AttemptLimit, AttemptLimits, accountKey } from './attempt-limits.ts';

let database: TestCluster;
let pool: pg.Pool;
let limits: AttemptLimits;
const locked: string[] = [];
beforeAll(async () => {
  const started = await startTestDatabase();
  database = started;
  pool = (await started.open()).pool;
  limits = new AttemptLimits(pool, true);
  limits.onBlocked(async (limit, key, seconds) => void locked.push(`${limit} ${key} ${seconds}`));
});
afterAll(() => database.stop());

/** Returns how many of `count` attempts are accepted. */
async function accepted(count: number, attempt: () => Promise<void>): Promise<number> {
  let good = 0;
  for (let n = 0; n < count; n++) good += (await isAccepted(attempt)) ? 1 : 0;
  return good;
}

const isAccepted = (attempt: () => Promise<void>): Promise<boolean> =>
  attempt().then(
    () => true,
    (error) => {
      if (!(error instanceof RefusalError)) throw error;
      return false;
    },
  );
const take = (limit: AttemptLimit, key: string) => () => limits.take(limit, key);

/** Ends the current lock, as if its time had passed; its count remains. */
const endLock = (limit: AttemptLimit, key: string) =>
  pool.query('delete from attempts where key = $1', [`${limit}:${key}`]);

describe('emails to one email address', () => {
  const send = (to: string, from: string) => () => limits.takeEmail(to, from);

  test('are limited for each address that requests them', async () => {
    expect(await accepted(8, send('ann@example.org', '192.0.2.1'))).toBe(6);
    expect(await accepted(2, send('ann@example.org', '192.0.2.2'))).toBe(2);
    expect(await accepted(2, send('bob@example.org', '192.0.2.1'))).toBe(2);
  });

  test('are limited from all addresses together', async () => {
    let sent = 0;
    for (let n = 0; n < 8; n++) sent += await accepted(3, send('cat@example.org', `192.0.2.${n}`));
    expect(sent).toBe(12);
  });
});

describe('attempts', () => {
  test('that succeeded are refunded', async () => {
    for (let n = 0; n < 30; n++) {
      await limits.take('secondFactor', 'refunded');
      await limits.refund('secondFactor', 'refunded');
    }
    expect(await accepted(12, take('secondFactor', 'refunded'))).toBe(10);
  });

  test('are locked twice as long each time, until a success clears attempts and locks', async () => {
    const attempt = take('confirm', 'doubled');
    const lockedFor: string[] = [];
    for (let n = 0; n < 3; n++) {
      locked.length = 0;
      expect(await accepted(13, attempt)).toBe(10);
      lockedFor.push(...locked);
      await endLock('confirm', 'doubled');
    }
    expect(lockedFor).toEqual(['confirm doubled 60', 'confirm doubled 120', 'confirm doubled 240']);
    expect(await accepted(11, attempt)).toBe(10);
    await limits.clear('confirm', 'doubled');
    locked.length = 0;
    expect(await accepted(11, attempt)).toBe(10);
    expect(locked).toEqual(['confirm doubled 60']);
  });

  test('are locked for an hour at most', async () => {
    locked.length = 0;
    for (let n = 0; n < 8; n++) {
      await accepted(11, take('wrongPassword', 'longest'));
      await endLock('wrongPassword', 'longest');
    }
    expect(locked.map((line) => Number(line.split(' ').at(-1)))).toEqual([
      60, 120, 240, 480, 960, 1_920, 3_600, 3_600,
    ]);
  });

  test('are not counted where limits are off', async () => {
    const off = new AttemptLimits(pool, false);
    expect(await accepted(20, () => off.take('confirm', 'off'))).toBe(20);
    await off.refund('confirm', 'off');
    await off.clear('confirm', 'doubled');
    const { rows } = await pool.query(`select key from attempts where key like 'confirm%'`);
    expect(rows.map(({ key }) => key).sort()).toEqual(['confirm+:doubled', 'confirm:doubled']);
  });

  test('that have expired are removed, and no others', async () => {
    await limits.take('confirm', 'expired');
    await limits.take('confirm', 'running');
    await pool.query(`update attempts set expire = 1 where key = 'confirm:expired'`);
    await limits.clean();
    const { rows } = await pool.query(
      `select key from attempts where key in ('confirm:expired', 'confirm:running')`,
    );
    expect(rows).toEqual([{ key: 'confirm:running' }]);
  });
});

describe('each limit', () => {
  const [HOUR, DAY] = [3_600, 86_400];
  /** Attempts, seconds in which they count, and seconds of the first lock; none: until they no longer count. */
  const EXPECTED: Record<AttemptLimit, readonly [number, number, number?]> = {
    wrongPassword: [10, 300, 60],
    wrongPasswordAnywhere: [100, HOUR, 300],
    wrongPasswordDevice: [10, 300, 60],
    wrongPasswordDevices: [100, HOUR, 300],
    login: [100, 300, 60],
    register: [60, 600, 60],
    code: [5, 600, 600],
    codeAnywhere: [100, DAY, 600],
    codeFrom: [60, 600, 60],
    forgot: [20, 600, 60],
    emailTo: [6, HOUR],
    emailToAnywhere: [12, HOUR],
    newAddress: [10, HOUR],
    secondFactor: [10, 600, 60],
    export: [10, HOUR],
    confirm: [10, 300, 60],
    token: [60, 60],
  };
  const stored = async (key: string) => {
    const { rows } = await pool.query<{ points: number; seconds: number }>(
      `select points, (expire - extract(epoch from now()) * 1000)::int / 1000.0 as seconds
       from attempts where key = $1`,
      [key],
    );
    return rows[0];
  };

  test.each(Object.entries(EXPECTED) as [AttemptLimit, [number, number, number?]][])(
    '%s allows %d attempts in %d s, and locks for %d s at first',
    async (limit, [points, duration, wait]) => {
      locked.length = 0;
      expect(await accepted(1, take(limit, 'each'))).toBe(1);
      const first = await stored(`${limit}:each`);
      if (first) {
        expect(first.points).toBe(1);
        expect(Math.abs(Number(first.seconds) - duration)).toBeLessThan(30);
        await pool.query('update attempts set points = $1 where key = $2', [
          points - 1,
          `${limit}:each`,
        ]);
        expect(await accepted(3, take(limit, 'each'))).toBe(1);
      } else {
        // Counted in memory.
        expect(limit).toBe('token');
        expect(await accepted(points + 1, take(limit, 'each'))).toBe(points - 1);
      }
      expect(locked).toEqual(wait === undefined ? [] : [`${limit} each ${wait}`]);
    },
  );
});

describe('the locks of an account', () => {
  test('are those that are in force, until an admin removes all of them', async () => {
    const [mine, other] = [randomUUID() as AccountId, randomUUID() as AccountId];
    const key = accountKey(mine);
    // As many as are allowed.
    expect(await accepted(10, take('wrongPassword', `${key} 192.0.2.9`))).toBe(10);
    expect(await accepted(100, take('wrongPasswordAnywhere', key))).toBe(100);
    expect([...(await limits.locks([mine, other]))]).toEqual([]);
    await accepted(1, take('wrongPassword', `${key} 192.0.2.9`));
    await accepted(11, take('wrongPasswordDevice', `${key} device`));
    await accepted(1, take('wrongPasswordAnywhere', key));
    await accepted(101, take('wrongPasswordDevices', key));
    await accepted(11, take('wrongPassword', `${accountKey(other)} 192.0.2.9`));
    const lock = (await limits.locks([mine])).get(mine);
    expect(lock?.until).toBeGreaterThan(Date.now());
    expect(lock?.addresses).toEqual([{ address: '192.0.2.9', until: expect.any(Number) }]);
    // Not one whose time has passed.
    await accepted(11, take('wrongPassword', `${key} 192.0.2.10`));
    await pool.query(`update attempts set expire = 1 where key = $1`, [
      `wrongPassword:${key} 192.0.2.10`,
    ]);
    expect((await limits.locks([mine])).get(mine)).toEqual(lock);

    await limits.unlock(mine);
    const { rows } = await pool.query('select key from attempts where position($1 in key) > 0', [
      mine,
    ]);
    expect(rows).toEqual([]);
    expect([...(await limits.locks([mine, other])).keys()]).toEqual([other]);
  });
});

describe('each route that counts attempts', () => {
  const ADDRESS = '127.0.0.1';
  const secret = 'a'.repeat(43);
  const password = { password: PASSWORD };
  /** The routes of users who are not logged in, each with the limit of their address. */
  const BY_ADDRESS: readonly { limit: AttemptLimit; path: string; body?: object }[] = [
    { limit: 'login', path: '/auth/login', body: { login: 'olga', ...password } },
    { limit: 'login', path: '/auth/second-factor' },
    { limit: 'login', path: '/auth/second-factor/passkey-options' },
    { limit: 'login', path: '/auth/passkey' },
    { limit: 'login', path: '/auth/passkey/options' },
    { limit: 'login', path: '/auth/enrol/totp' },
    { limit: 'login', path: '/auth/enrol/totp/confirm' },
    { limit: 'login', path: '/auth/sso/none/start' },
    { limit: 'register', path: '/auth/register' },
    { limit: 'forgot', path: '/auth/forgot', body: { email: 'olga@example.org' } },
    { limit: 'codeFrom', path: '/auth/reset/authorize', body: { token: secret } },
    { limit: 'codeFrom', path: '/auth/reset', body: { token: secret, ...password } },
    { limit: 'codeFrom', path: '/auth/verify', body: { ticket: secret, code: '123456' } },
    { limit: 'codeFrom', path: '/auth/verify/resend', body: { ticket: secret } },
  ];
  const WRONG = { current: 'wrong', next: 'another long password' };
  type OfAccount = readonly [AttemptLimit, string, string, string, object?];
  /** The routes of an account: limit, key, method, path and body. */
  const byAccount = (id: AccountId, hold: string): OfAccount[] => [
    ['export', id, 'POST', '/me/export', password],
    ['export', id, 'GET', '/admin/audit-log/export?format=csv'],
    ['export', id, 'GET', `/admin/legal-holds/${hold}/export`],
    ['confirm', id, 'POST', '/me/export', { password: 'wrong' }],
    ['confirm', id, 'POST', '/me/delete', { password: 'wrong', messages: 'keep' }],
    ['wrongPassword', `${accountKey(id)} ${ADDRESS}`, 'POST', '/me/password', WRONG],
  ];

  let server: TestServer;
  let olga: User;
  beforeAll(async () => {
    server = await startTestServer(database, { RATE_LIMITS: 'on' });
    olga = await server.register('olga');
  });
  afterAll(() => server.stop());

  /** Sends a request, as olga or without a login, and returns whether it is refused for a limit. */
  async function isRefused(method: string, path: string, body?: object, as?: User) {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        ...(as && bearer(as.accessToken)),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return response.status === 429 && JSON.parse(text).code === 'rate_limited';
  }

  /** Whether a request is refused while no attempt is counted and when all are used up. */
  async function refusals(limit: AttemptLimit, key: string, request: () => Promise<boolean>) {
    await server.pool.query('delete from attempts');
    const before = await request();
    await server.pool.query('delete from attempts');
    const values = [`${limit}:${key}`, Date.now() + 3_600_000];
    await server.pool.query('insert into attempts values ($1, 1000000, $2)', values);
    return [before, await request()];
  }

  test.each(BY_ADDRESS)(
    'refuses after the limit $limit: $path',
    async ({ limit, path, body = {} }) => {
      const request = () => isRefused('POST', path, body);
      expect(await refusals(limit, ADDRESS, request)).toEqual([false, true]);
      if (!path.startsWith('/auth/sso')) return;
      // A link to the provider counts as well.
      const link = () => isRefused('GET', path);
      expect(await refusals(limit, ADDRESS, link)).toEqual([false, true]);
    },
  );

  test('refuses after a limit of the account', async () => {
    const hold = { name: 'Case 1', accounts: [olga.id] };
    const { body } = await olga.request('POST', '/admin/legal-holds', hold);
    for (const [limit, key, method, path, given] of byAccount(olga.id, body.id)) {
      const request = () => isRefused(method, path, given, olga);
      expect(await refusals(limit, key, request), `${limit} ${path}`).toEqual([false, true]);
    }
    const key = accountKey(olga.id);
    for (const [limit, who] of [
      ['wrongPassword', `${key} ${ADDRESS}`],
      ['wrongPasswordAnywhere', key],
    ] as const) {
      const login = () => isRefused('POST', '/auth/login', { login: 'olga', password: 'wrong' });
      expect(await refusals(limit, who, login), limit).toEqual([false, true]);
    }
  });
});
