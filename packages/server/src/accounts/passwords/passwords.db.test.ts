import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aTestApi, type TestApi } from '../../../test/support/api.ts';
import { bearer, PASSWORD, WITH_SESSION_TOKEN } from '../../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../../test/support/database.ts';
import { type EmailSink, startEmailSink } from '../../../test/support/smtp-server.ts';

const URL = 'https://chat.example.org';
const NEXT = 'seven purple walruses';
let cluster: TestCluster;
let sink: EmailSink;
let api: TestApi;
/** The server’s time, ms after the real one. */
let ahead = 0;
let ended: string[] = [];
const open = async (rateLimits = false) => {
  ahead = 0;
  ended = [];
  api = await aTestApi(await cluster.fresh(), {
    smtpUrl: sink.url,
    publicUrl: URL,
    verifyEmail: false,
    rateLimits,
    clock: { now: () => Date.now() + ahead },
  });
  api.accounts.sessions.onEnded((session) => ended.push(session));
};
const register = async (name: string) => {
  const made = await api.register(name);
  await sink.code(`${name}@example.org`);
  return made;
};
beforeAll(async () => {
  [cluster, sink] = await Promise.all([startTestCluster(), startEmailSink()]);
});
afterAll(async () => {
  await cluster.stop();
  await sink.stop();
});
beforeEach(() => open());
afterEach(async () => {
  await api.close();
  sink.forget();
});

const login = (password: string) =>
  api.post('/auth/login', { login: 'ann', password }, WITH_SESSION_TOKEN);
const forgot = (email: string, headers = {}) => api.post('/auth/forgot', { email }, headers);
const authorize = (token: string) => api.post('/auth/reset/authorize', { token });
const reset = (token: string, password = NEXT) => api.post('/auth/reset', { token, password });
const linkFor = async (email = 'ann@example.org') => {
  await forgot(email);
  return sink.token('ann@example.org');
};

describe('a forgotten password', () => {
  test('is reset with a link, once, and every session ends', async () => {
    const { accessToken, me: user } = await register('ann');
    const undeliverable = async () =>
      (await api.database.pool.query('select account_id from undeliverable_addresses')).rows;
    const token = await linkFor('ANN@example.org');
    await api.database.pool.query(
      `insert into undeliverable_addresses (account_id, failed_at, error) values ($1, now(), '550')`,
      [user.id],
    );
    const good = await authorize(token);
    const minutes = (Date.parse(good.json().expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(29);
    expect(minutes).toBeLessThanOrEqual(30);
    expect((await reset(token)).statusCode).toBe(204);
    expect(ended).toHaveLength(1);
    expect((await api.get('/api/v1/me', accessToken)).json().code).toBe('session_ended');
    expect((await login(PASSWORD)).statusCode).toBe(401);
    const { me } = (await login(NEXT)).json();
    // Whoever has the link has the address, and receives emails there.
    expect(me.verified).toBe(true);
    expect(await undeliverable()).toEqual([]);
    expect((await sink.next('ann@example.org')).email.subject).toContain('was changed');
    for (const answer of [await authorize(token), await reset(token, 'another good password')]) {
      expect([answer.statusCode, answer.json().code]).toEqual([410, 'link_expired']);
    }
  });

  test('accepts one of several concurrent uses of a link', async () => {
    await register('ann');
    const token = await linkFor();
    const answers = await Promise.all(
      ['first good password', 'second good password', 'third good password'].map((p) =>
        reset(token, p),
      ),
    );
    expect(answers.map((a) => a.statusCode).sort()).toEqual([204, 410, 410]);
  });

  test('expires the link, and invalidates it after another password change', async () => {
    await register('ann');
    const [first, second] = [await linkFor(), await linkFor()];
    expect((await reset(first)).statusCode).toBe(204);
    expect((await authorize(second)).json().code).toBe('link_expired');
    await sink.next('ann@example.org');
    const third = await linkFor();
    ahead = 30 * 60_000 + 1;
    expect((await authorize(third)).json().code).toBe('link_expired');
    expect((await reset(third)).json().code).toBe('link_expired');
    expect((await authorize('x'.repeat(43))).json().code).toBe('link_expired');
  });

  test('rejects a weak password and keeps the link valid', async () => {
    await register('ann');
    const token = await linkFor();
    for (const [weak, code] of [
      ['short', 'too_small'],
      ['password12', 'password_weak'],
      ['ann@example.org', 'password_weak'],
    ] as const) {
      const answer = await reset(token, weak);
      expect(answer.statusCode).toBe(422);
      expect(answer.json().errors).toContainEqual(
        expect.objectContaining({ field: 'password', code }),
      );
    }
    expect((await reset(token)).statusCode).toBe(204);
  });

  test('builds the link from PUBLIC_URL, not from the Host header', async () => {
    await register('ann');
    await forgot('ann@example.org', {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
      origin: 'https://evil.example',
    });
    const { raw, text } = await sink.next('ann@example.org');
    expect(text).toContain(`${URL}/reset#`);
    expect(raw).not.toContain('evil');
  });

  test('does not reveal whether an address has an account', async () => {
    await register('ann');
    const times = { known: [] as number[], unknown: [] as number[] };
    const bodies = new Set<string>();
    for (let i = 0; i < 7; i++) {
      for (const kind of ['known', 'unknown'] as const) {
        const startedAt = performance.now();
        const answer = await forgot(
          kind === 'known' ? 'ann@example.org' : `unknown${i}@example.org`,
        );
        times[kind].push(performance.now() - startedAt);
        bodies.add(`${answer.statusCode} ${answer.body}`);
      }
    }
    expect([...bodies]).toEqual(['202 {}']);
    const median = (all: number[]) => all.sort((a, b) => a - b)[3] ?? 0;
    const [known, unknown] = [median(times.known), median(times.unknown)];
    // The bound that is stated: 20 ms, or a quarter where the machine is busy with other things.
    expect(Math.abs(known - unknown)).toBeLessThan(Math.max(20, known / 4));
    expect(known).toBeGreaterThanOrEqual(149);
  });

  test('limits the emails that reset requests send', async () => {
    await api.close();
    await open(true);
    await register('ann');
    for (let i = 0; i < 12; i++) expect((await forgot('ann@example.org')).statusCode).toBe(202);
    const { rows } = await api.database.pool.query(
      `select count(*)::int as n from emails where purpose = 'reset'`,
    );
    expect(rows[0].n).toBe(6);
  });

  test('one address cannot prevent emails requested from another', async () => {
    await api.close();
    await open(true);
    await register('ann');
    const from = (remoteAddress: string) =>
      api.app.inject({
        method: 'POST',
        url: '/api/v1/auth/forgot',
        remoteAddress,
        payload: { email: 'ann@example.org' },
      });
    const emails = async () =>
      (await api.database.pool.query(`select from emails where purpose = 'reset'`)).rowCount;
    for (let i = 0; i < 8; i++) await from('192.0.2.1');
    expect(await emails()).toBe(6);
    await from('192.0.2.2');
    expect(await emails()).toBe(7);
    // The total is bounded too, so that no mailbox can be flooded.
    for (let i = 0; i < 20; i++) await from(`192.0.2.${3 + i}`);
    expect(await emails()).toBe(12);
  });

  test('a deactivated account gets no reset link', async () => {
    const { me } = await register('ann');
    const token = await linkFor();
    await api.database.pool.query('update accounts set is_active = false where id = $1', [me.id]);
    expect((await reset(token)).json().code).toBe('link_expired');
    await forgot('ann@example.org');
    const { rows } = await api.database.pool.query(
      `select count(*)::int as n from emails where purpose = 'reset'`,
    );
    expect(rows[0].n).toBe(1);
  });
});

describe('changing a password', () => {
  const change = (token: string, current: string, next = NEXT) =>
    api.post('/me/password', { current, next }, bearer(token));

  test('ends all other sessions', async () => {
    const { accessToken } = await register('ann');
    const other = (await login(PASSWORD)).json();
    expect((await change(accessToken, PASSWORD)).statusCode).toBe(204);
    expect(ended).toHaveLength(1);
    expect((await api.get('/api/v1/me', accessToken)).statusCode).toBe(200);
    expect((await api.get('/api/v1/me', other.accessToken)).statusCode).toBe(401);
    expect((await login(NEXT)).statusCode).toBe(200);
  });

  test('requires the current password and a strong new one', async () => {
    const { accessToken } = await register('ann');
    const wrong = await change(accessToken, 'not the password');
    expect([wrong.statusCode, wrong.json().code]).toEqual([403, 'incorrect_password']);
    expect(wrong.json().errors[0].field).toBe('current');
    const weak = await change(accessToken, PASSWORD, 'qwertyuiop');
    expect(weak.json().errors).toEqual([
      expect.objectContaining({ field: 'next', code: 'password_weak' }),
    ]);
    expect((await login(PASSWORD)).statusCode).toBe(200);
  });

  test('invalidates reset links requested earlier', async () => {
    const { accessToken } = await register('ann');
    const token = await linkFor();
    await change(accessToken, PASSWORD);
    expect((await authorize(token)).json().code).toBe('link_expired');
  });

  test('invalidates unfinished logins', async () => {
    const { accessToken, me } = await register('ann');
    const { tickets } = api.accounts.parts;
    const { logins } = api.accounts.parts;
    const proof = { account: me.id, credentials: 0, passed: ['password' as const] };
    const { ticket } = await logins.ticket('second_factor', proof);
    expect(await tickets.peek('second_factor', ticket)).not.toBeNull();
    await change(accessToken, PASSWORD);
    const resumed = await logins.resume('redeem', 'second_factor', ticket);
    expect(await api.accounts.sessions.begin(resumed, 'x', 'y')).toBeNull();
    const origin = { address: 'y', userAgent: undefined, previous: undefined };
    await expect(logins.finish(resumed, origin)).rejects.toMatchObject({
      refusal: { code: 'session_ended' },
    });
  });
});

describe('limits of logins', () => {
  const attempt = (name: string, password: string, address: string) =>
    api.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      remoteAddress: address,
      headers: { 'content-type': 'application/json', ...WITH_SESSION_TOKEN },
      payload: JSON.stringify({ login: name, password }),
    });
  beforeEach(async () => {
    await api.close();
    await open(true);
  });

  test('apply per account and address, grow, and can be listed and removed', async () => {
    const { me } = await register('ann');
    const { limits } = api.accounts.parts;
    const waits: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 10; i++) {
        expect((await attempt('ann', 'wrong', '192.0.2.1')).statusCode).toBe(401);
      }
      const refused = await attempt('ann@example.org', PASSWORD, '192.0.2.1');
      expect(refused.statusCode).toBe(429);
      waits.push(refused.json().retryAfter);
      // The wait is over.
      await api.database.pool.query(`delete from attempts where key like 'wrongPassword:%'`);
    }
    expect(waits).toEqual([60, 120, 240]);
    for (let i = 0; i < 11; i++) await attempt('ann', 'wrong', '192.0.2.1');
    // Others can log in from elsewhere, and so can the user.
    expect((await attempt('ann', PASSWORD, '192.0.2.2')).statusCode).toBe(200);
    const lock = (await limits.locks([me.id])).get(me.id);
    expect(lock).toEqual({
      until: null,
      addresses: [{ address: '192.0.2.1', until: expect.any(Number) }],
    });
    await limits.unlock(me.id);
    expect((await attempt('ann', PASSWORD, '192.0.2.1')).statusCode).toBe(200);
    expect((await limits.locks([me.id])).size).toBe(0);
    // A reset of the password ends them, too.
    for (let i = 0; i < 11; i++) await attempt('ann', 'wrong', '192.0.2.1');
    expect((await limits.locks([me.id])).size).toBe(1);
    expect((await reset(await linkFor())).statusCode).toBe(204);
    expect((await limits.locks([me.id])).size).toBe(0);
    expect((await attempt('ann', NEXT, '192.0.2.1')).statusCode).toBe(200);
  });

  test('apply across all addresses and across restarts', async () => {
    const { me } = await register('ann');
    const { limits } = api.accounts.parts;
    const key = `wrongPasswordAnywhere:a:${me.id}`;
    await attempt('ann', 'wrong', '192.0.2.1');
    await api.database.pool.query('update attempts set points = 100 where key = $1', [key]);
    const refused = await attempt('ann', PASSWORD, '198.51.100.7');
    expect([refused.statusCode, refused.json().retryAfter]).toEqual([429, 300]);
    const { until } = (await limits.locks([me.id])).get(me.id) ?? {};
    expect(until).toBeGreaterThan(Date.now() + 290_000);
  });

  describe('of a device that has logged in before', () => {
    const NAME = '__Host-parley_device';
    const asBrowser = (name: string, password: string, address: string, device = '') =>
      api.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        remoteAddress: address,
        headers: { 'content-type': 'application/json' },
        cookies: { [NAME]: device },
        payload: JSON.stringify({ login: name, password }),
      });
    const deviceOf = (answer: Awaited<ReturnType<typeof asBrowser>>) =>
      answer.cookies.find((cookie) => cookie.name === NAME)?.value ?? '';
    const lockOut = (id: string) =>
      api.database.pool.query(
        `insert into attempts (key, points, expire) values ($1, 200, $2)
         on conflict (key) do update set points = 200, expire = excluded.expire`,
        [`wrongPasswordAnywhere:a:${id}`, Date.now() + 300_000],
      );

    test('has its own budget, which others cannot exhaust', async () => {
      const { me } = await register('ann');
      const first = await asBrowser('ann', PASSWORD, '192.0.2.1');
      const device = deviceOf(first);
      expect(first.headers['set-cookie']).toContainEqual(
        expect.stringMatching(
          /^__Host-parley_device=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
        ),
      );
      await lockOut(me.id);
      expect((await asBrowser('ann', PASSWORD, '192.0.2.2')).statusCode).toBe(429);
      const back = await asBrowser('ann', PASSWORD, '192.0.2.3', device);
      expect(back.statusCode).toBe(200);
      // Nor does it lock out itself elsewhere: it has a budget, and no more than that.
      const codes: number[] = [];
      for (let i = 0; i < 11; i++) {
        codes.push((await asBrowser('ann', 'wrong', `192.0.2.${10 + i}`, device)).statusCode);
      }
      expect(codes).toEqual([...Array(10).fill(401), 429]);
      expect((await asBrowser('ann', PASSWORD, '192.0.2.40', device)).statusCode).toBe(429);
      await api.accounts.parts.limits.unlock(me.id);
      expect((await asBrowser('ann', PASSWORD, '192.0.2.40', device)).statusCode).toBe(200);
    });

    test('rejects a cookie of another account, a forged or an expired one', async () => {
      const { me } = await register('ann');
      await register('bob');
      const device = deviceOf(await asBrowser('ann', PASSWORD, '192.0.2.1'));
      const ofBob = deviceOf(await asBrowser('bob', PASSWORD, '192.0.2.1'));
      await lockOut(me.id);
      const [, id = '', since = '', mac = ''] = device.split('.');
      const forged = [
        ofBob,
        ofBob.replace(/^[^.]+/, me.id),
        [me.id, 'A'.repeat(22), since, mac].join('.'),
        [me.id, id, Number(since) + 1, mac].join('.'),
        device.slice(0, -1),
        `${device}x`,
        '~~~',
      ];
      for (const cookie of forged) {
        expect((await asBrowser('ann', PASSWORD, '192.0.2.9', cookie)).statusCode, cookie).toBe(
          429,
        );
      }
      ahead = 365 * 86_400_000 + 1000;
      expect((await asBrowser('ann', PASSWORD, '192.0.2.9', device)).statusCode).toBe(429);
      ahead = 364 * 86_400_000;
      expect((await asBrowser('ann', PASSWORD, '192.0.2.9', device)).statusCode).toBe(200);
    });

    test('remembers five accounts of a browser and bounds them in total', async () => {
      const names = ['a1x', 'b2y', 'c3z', 'd4w', 'e5v', 'f6u'];
      let device = '';
      for (const name of names) {
        await register(name);
        device = deviceOf(await asBrowser(name, PASSWORD, '192.0.2.1', device));
      }
      expect(device.split('~')).toHaveLength(5);
      const { rows } = await api.database.pool.query(
        `select id, username from accounts order by created_at`,
      );
      for (const { id, username } of rows) {
        await lockOut(id);
        const { statusCode } = await asBrowser(username, PASSWORD, '192.0.2.2', device);
        expect(statusCode, username).toBe(username === 'a1x' ? 429 : 200);
      }
      const last = rows.at(-1).id;
      await api.database.pool.query(
        `insert into attempts (key, points, expire) values ($1, 100, $2)
         on conflict (key) do update set points = 100, expire = excluded.expire`,
        [`wrongPasswordDevices:a:${last}`, Date.now() + 60_000],
      );
      expect((await asBrowser('f6u', PASSWORD, '192.0.2.2', device)).statusCode).toBe(429);
    });
  });

  test('do not let concurrent attempts exceed the limit', async () => {
    await register('ann');
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => attempt('ann', 'wrong', '192.0.2.9')),
    );
    const codes = answers.map((a) => a.statusCode);
    expect(codes.filter((c) => c === 401)).toHaveLength(10);
    expect(codes.filter((c) => c === 429)).toHaveLength(30);
  });

  test('are the same for unknown names', async () => {
    const answers: number[] = [];
    for (let i = 0; i < 11; i++) {
      answers.push((await attempt('no-such-user', 'wrong', '192.0.2.3')).statusCode);
    }
    expect(answers).toEqual([...Array(10).fill(401), 429]);
    // What was typed is not in the database.
    const { rows } = await api.database.pool.query('select key from attempts');
    expect(JSON.stringify(rows)).not.toContain('no-such-user');
  });
});
