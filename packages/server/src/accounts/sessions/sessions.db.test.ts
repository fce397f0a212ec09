import type { AccountId, SessionId } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aTestApi, registration, type TestApi } from '../../../test/support/api.ts';
import { bearer, PASSWORD, WITH_SESSION_TOKEN } from '../../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../../test/support/database.ts';
import { isOfFamily, newFamilyKey, newToken, parseToken } from './session-tokens.ts';

let cluster: TestCluster;
let api: TestApi;
/** The server’s time, ms after the real one. */
let ahead = 0;
let ended: SessionId[] = [];
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  ahead = 0;
  ended = [];
  const clock = { now: () => Date.now() + ahead };
  api = await aTestApi(await cluster.fresh(), { clock });
  api.accounts.sessions.onEnded((session) => ended.push(session));
});
afterEach(() => api.close());

const renew = (sessionToken: string) => api.post('/auth/token', undefined, bearer(sessionToken));
const login = (password = PASSWORD) =>
  api.post('/auth/login', { login: 'ann', password, device: 'second' }, WITH_SESSION_TOKEN);
const sessionsOf = async (accessToken: string) =>
  (await api.get('/api/v1/me/sessions', accessToken)).json().items;

describe('the token of a session', () => {
  test('has one successor, also for concurrent requests', async () => {
    const { sessionToken } = await api.register('ann');
    const answers = await Promise.all(Array.from({ length: 20 }, () => renew(sessionToken)));
    expect(answers.map((a) => a.statusCode)).toEqual(Array(20).fill(200));
    const successors = new Set(answers.map((a) => a.json().sessionToken));
    expect(successors.size).toBe(1);
    const [next] = successors;
    expect(next).not.toBe(sessionToken);
    expect((await renew(next)).statusCode).toBe(200);
    expect(ended).toEqual([]);
  });

  test('returns the same successor for half a minute; later reuse ends the session', async () => {
    const { sessionToken: first, accessToken } = await api.register('ann');
    const second = (await renew(first)).json().sessionToken;
    ahead = 29_000;
    expect((await renew(first)).json().sessionToken).toBe(second);
    ahead = 31_000;
    const reused = await renew(first);
    expect([reused.statusCode, reused.json().code]).toEqual([401, 'session_ended']);
    expect(ended).toHaveLength(1);
    // The family is gone: whoever has the successor, and the access tokens.
    expect((await renew(second)).json().code).toBe('session_ended');
    expect((await api.get('/api/v1/me', accessToken)).json().code).toBe('session_ended');
  });

  test('that is older than the predecessor ends the session at once', async () => {
    const { sessionToken: first } = await api.register('ann');
    const second = (await renew(first)).json().sessionToken;
    const third = (await renew(second)).json().sessionToken;
    expect((await renew(first)).statusCode).toBe(401);
    expect(ended).toHaveLength(1);
    expect((await renew(third)).statusCode).toBe(401);
  });

  test('cannot be guessed: forged tokens do not affect the session', async () => {
    const { sessionToken } = await api.register('ann');
    const bytes = Buffer.from(sessionToken.slice(3), 'base64url');
    const forged: string[] = [];
    for (const at of [16, 30, 47, 48, 63]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      forged.push(`ps_${changed.toString('base64url')}`);
    }
    // The last of the 86 letters has bits that mean nothing: there is one way to write them.
    const last = sessionToken.at(-1) ?? '';
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    forged.push(sessionToken.slice(0, -1) + letters[letters.indexOf(last) + 1]);
    forged.push(`${sessionToken}=`, sessionToken.slice(0, -1), `ps_${'A'.repeat(86)}`, 'ps_');
    for (const text of forged) expect((await renew(text)).statusCode, text).toBe(401);
    expect(ended).toEqual([]);
    expect((await renew(sessionToken)).statusCode).toBe(200);
  });

  test('is stored as a hash, its successor so that only its holder can read it', async () => {
    const { sessionToken } = await api.register('ann');
    const next = (await renew(sessionToken)).json().sessionToken;
    const { rows } = await api.database.pool.query('select * from sessions');
    const stored = Buffer.concat(Object.values(rows[0]).filter((v) => Buffer.isBuffer(v)));
    for (const token of [sessionToken, next]) {
      const random = Buffer.from(token.slice(3), 'base64url').subarray(16, 48);
      expect(stored.includes(random)).toBe(false);
      expect(stored.includes(Buffer.from(token))).toBe(false);
    }
  });

  test('in a cookie changes with each renewal, in all tabs', async () => {
    const answer = await api.post('/auth/register', registration('ann'));
    const cookieOf = (a: typeof answer) => `parley_session=${a.cookies[0]?.value}`;
    const first = cookieOf(answer);
    const [one, other] = await Promise.all([
      api.post('/auth/token', undefined, { cookie: first }),
      api.post('/auth/token', undefined, { cookie: first }),
    ]);
    expect(cookieOf(one)).toBe(cookieOf(other));
    expect(cookieOf(one)).not.toBe(first);
    expect(one.json()).not.toHaveProperty('sessionToken');
    expect(one.cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
    expect(one.cookies[0]?.expires).toEqual(answer.cookies[0]?.expires);
    ahead = 31_000;
    const reused = await api.post('/auth/token', undefined, { cookie: first });
    expect(reused.statusCode).toBe(401);
    expect(reused.headers['set-cookie']).toMatch(/^parley_session=; /);
  });

  test('that a login finds in the browser is never the one of the new session', async () => {
    await api.register('ann');
    const planted = (await login()).json().sessionToken;
    const cookie = `parley_session=${planted}`;
    const answer = await api.post('/auth/login', { login: 'ann', password: PASSWORD }, { cookie });
    expect(answer.cookies[0]?.value).not.toBe(planted);
    expect((await renew(planted)).statusCode).toBe(401);
    const unknown = `parley_session=ps_${'A'.repeat(86)}`;
    const again = await api.post(
      '/auth/login',
      { login: 'ann', password: PASSWORD },
      { cookie: unknown },
    );
    expect(again.cookies[0]?.value).not.toContain('A'.repeat(86));
  });

  test('has exactly one valid form', () => {
    const key = newFamilyKey();
    const token = newToken('0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' as SessionId, key);
    const parsed = parseToken(token.text);
    expect(parsed).toEqual(token);
    expect(parsed && isOfFamily(parsed, key)).toBe(true);
    expect(parsed && isOfFamily(parsed, newFamilyKey())).toBe(false);
  });
});

describe('sessions', () => {
  test('are listed with device, address and last use, and ended one by one', async () => {
    const { accessToken } = await api.register('ann');
    ahead = 60_000;
    const second = (await login()).json();
    const items = await sessionsOf(accessToken);
    expect(items).toEqual([
      {
        id: expect.any(String),
        device: 'second',
        address: '127.0.0.1',
        createdAt: expect.any(String),
        lastUsedAt: expect.any(String),
        current: false,
      },
      expect.objectContaining({ current: true }),
    ]);
    const end = (id: string, token: string) =>
      api.app.inject({
        method: 'DELETE',
        url: `/api/v1/me/sessions/${id}`,
        headers: bearer(token),
      });
    // A session of another user is answered like an unknown one.
    const eve = await api.register('eve');
    expect((await end(items[0].id, eve.accessToken)).json().code).toBe('not_found');
    expect((await end('00000000-0000-7000-8000-00000000beef', accessToken)).statusCode).toBe(404);
    expect(ended).toEqual([]);
    expect((await end(items[0].id, accessToken)).statusCode).toBe(204);
    expect(ended).toEqual([items[0].id]);
    expect((await api.get('/api/v1/me', second.accessToken)).json().code).toBe('session_ended');
  });

  test('have one line as their device, in the order of its characters', async () => {
    const { accessToken } = await api.register('ann');
    for (const device of ['Phone\r\n192.0.2.1', ' of\u2028\u202eAnn ', '\n']) {
      await api.post('/auth/login', { login: 'ann', password: PASSWORD, device });
    }
    const devices = (await sessionsOf(accessToken)).map((s: { device: string }) => s.device);
    expect(devices.slice(0, 3).sort()).toEqual(['Phone 192.0.2.1', 'of Ann', 'unknown']);
  });

  test('have the start of a long user agent as their device', async () => {
    const { accessToken } = await api.register('ann');
    ahead = 60_000;
    const headers = { ...WITH_SESSION_TOKEN, 'user-agent': 'x'.repeat(500) };
    await api.post('/auth/login', { login: 'ann', password: PASSWORD }, headers);
    expect((await sessionsOf(accessToken))[0].device).toBe('x'.repeat(200));
  });

  test('ends all other sessions', async () => {
    const { accessToken } = await api.register('ann');
    const others = [await login(), await login(), await login()].map((a) => a.json());
    const eve = await api.register('eve');
    const answer = await api.post('/me/sessions/end-others', undefined, bearer(accessToken));
    expect(answer.statusCode).toBe(204);
    expect(ended).toHaveLength(3);
    for (const other of others) expect((await renew(other.sessionToken)).statusCode).toBe(401);
    expect(await sessionsOf(accessToken)).toHaveLength(1);
    expect((await api.get('/api/v1/me', eve.accessToken)).statusCode).toBe(200);
  });

  test('no login that was checked before a deactivation or a new password starts one afterwards', async () => {
    const { me } = await api.register('ann');
    const { sessions } = api.accounts;
    const before = { account: me.id, credentials: 0, passed: [] };
    expect(await sessions.begin(before, 'x', 'y')).not.toBeNull();
    await sessions.endAll(me.id, {
      change: async (client) => {
        await client.query(
          'update accounts set credentials_version = credentials_version + 1 where id = $1',
          [me.id],
        );
        // While the change is uncommitted, a login waits for its outcome.
        late = sessions.begin(before, 'x', 'y');
        await expect
          .poll(async () => {
            const { rows } = await api.database.pool.query(
              `select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`,
            );
            return rows[0].n;
          })
          .toBeGreaterThan(0);
      },
    });
    expect(await late).toBeNull();
    const { rows } = await api.database.pool.query('select count(*)::int as n from sessions');
    expect(rows[0].n).toBe(0);
    await api.database.pool.query('update accounts set is_active = false');
    expect(
      await sessions.begin({ account: me.id, credentials: 1, passed: [] }, 'x', 'y'),
    ).toBeNull();
  });
  let late: ReturnType<TestApi['accounts']['sessions']['begin']>;

  test('rejects renewal and logout from other sites', async () => {
    const answer = await api.post('/auth/register', registration('ann'));
    const cookie = `parley_session=${answer.cookies[0]?.value}`;
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      for (const path of [
        '/auth/token',
        '/auth/logout',
        '/auth/login',
        '/auth/register',
        '/auth/verify',
      ]) {
        const refused = await api.post(path, {}, { cookie, ...headers });
        expect(refused.json().code, `${path} ${JSON.stringify(headers)}`).toBe(
          'origin_not_allowed',
        );
      }
    }
    expect(ended).toEqual([]);
  });
});

describe('what asks for a recent login', () => {
  const MINUTE = 60_000;
  const codeOf = async (answer: Promise<{ statusCode: number; body: string }>) => {
    const { statusCode, body } = await answer;
    return statusCode === 204 ? '204' : JSON.parse(body).code;
  };
  const remove = (token: string, id: string) =>
    api.app.inject({
      method: 'DELETE',
      url: `/api/v1/me/sessions/${id}`,
      headers: bearer(token),
    });

  test('applies to ending other sessions, not one’s own', async () => {
    const { sessionToken } = await api.register('ann');
    const other = (await login()).json();
    ahead = 10 * MINUTE - 1000;
    const fresh = (await renew(sessionToken)).json();
    const token = fresh.accessToken;
    const [second, first] = (await sessionsOf(token)).sort(
      (a: { device: string }, b: { device: string }) => (a.device < b.device ? 1 : -1),
    );
    expect([first.current, second.current].sort()).toEqual([false, true]);
    const mine = first.current ? first : second;
    const theirs = first.current ? second : first;
    ahead = 10 * MINUTE + 1000;
    const late = (await renew(fresh.sessionToken)).json().accessToken;
    const endOthers = () => api.post('/me/sessions/end-others', undefined, bearer(late));
    expect(await codeOf(endOthers())).toBe('reauthentication_required');
    expect(await codeOf(remove(late, theirs.id))).toBe('reauthentication_required');
    expect(ended).toEqual([]);
    const reauthenticate = (body: object) => api.post('/me/reauthenticate', body, bearer(late));
    expect(await codeOf(reauthenticate({ password: 'not the password' }))).toBe(
      'incorrect_password',
    );
    expect(await codeOf(reauthenticate({}))).toBe('incorrect_password');
    expect(await codeOf(endOthers())).toBe('reauthentication_required');
    expect(await codeOf(reauthenticate({ password: PASSWORD }))).toBe('204');
    // It counts for ten minutes, and for this session alone.
    ahead += 9 * MINUTE;
    expect(await codeOf(remove(late, theirs.id))).toBe('204');
    expect(ended).toEqual([theirs.id]);
    expect((await api.get('/api/v1/me', other.accessToken)).statusCode).toBe(401);
    ahead += MINUTE;
    const end = (await renew((await login()).json().sessionToken)).json();
    expect(
      await codeOf(api.post('/me/sessions/end-others', undefined, bearer(end.accessToken))),
    ).toBe('204');
    expect(ended).toContain(mine.id);
    // One's own session ends without it.
    ahead += 11 * MINUTE;
    const last = (await renew(end.sessionToken)).json().accessToken;
    const [own] = await sessionsOf(last);
    expect(await codeOf(remove(last, own.id))).toBe('204');
  });

  test('is an account without a password to log in again for', async () => {
    const { sessionToken } = await api.register('ann');
    await api.database.pool.query('update accounts set password_hash = null');
    ahead = 11 * MINUTE;
    const token = (await renew(sessionToken)).json().accessToken;
    const answer = await api.post('/me/reauthenticate', {}, bearer(token));
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'reauthentication_required']);
    ahead = 0;
    expect(await codeOf(api.post('/me/reauthenticate', {}, bearer(token)))).toBe('204');
  });

  test('has a limited number of attempts', async () => {
    await api.close();
    api = await aTestApi(await cluster.fresh(), { rateLimits: true });
    const { accessToken } = await api.register('ann');
    const attempts = async (count: number, password: string) => {
      const codes: string[] = [];
      for (let i = 0; i < count; i++) {
        codes.push(await codeOf(api.post('/me/reauthenticate', { password }, bearer(accessToken))));
      }
      return codes;
    };
    expect(await attempts(9, 'wrong')).toEqual(Array(9).fill('incorrect_password'));
    // A correct password clears the wrong ones before it.
    expect(await attempts(1, PASSWORD)).toEqual(['204']);
    expect(await attempts(11, 'wrong')).toEqual([
      ...Array(10).fill('incorrect_password'),
      'rate_limited',
    ]);
  });
});

describe('a session that was ended', () => {
  test('is rejected although a query in flight still found it', async () => {
    await api.register('ann');
    const [row] = (await api.database.pool.query('select id, account_id from sessions')).rows;
    const { sessions } = api.accounts;
    // Another node reports its end while the query is in flight.
    const looking = sessions.byId(row.id, { fresh: true });
    sessions.forgetEnded(row.id);
    expect(await looking).toBeNull();
    expect(await sessions.byId(row.id)).toBeNull();
  });
});

describe('a session', () => {
  const DAY = 86_400_000;
  const begin = async (account: AccountId) => {
    const proof = { account, credentials: 0, passed: [] };
    const started = await api.accounts.sessions.begin(proof, 'device', '203.0.113.9');
    if (!started) throw new Error('The session did not begin');
    return started;
  };
  /** Whether the session counts as active, in each way in which it is asked for. */
  const activity = async (account: AccountId, id: SessionId) => {
    const { sessions } = api.accounts;
    const answers = [
      (await sessions.byId(id, { fresh: true })) !== null,
      (await sessions.alive([id])).has(id),
      (await sessions.list(account)).some((session) => session.id === id),
    ];
    expect(new Set(answers).size).toBe(1);
    return answers[0];
  };

  test('ends when it was not used for 30 days, or after 180 days, and is removed then', async () => {
    const { me } = await api.register('ann');
    const { sessions } = api.accounts;
    const unused = await begin(me.id);
    const used = await begin(me.id);
    ahead = 30 * DAY - 60_000;
    expect(await activity(me.id, unused.id)).toBe(true);
    let { token } = used;
    for (let days = 29; days < 180; days += 29) {
      ahead = days * DAY;
      token = (await sessions.rotate(token, async () => undefined))?.token ?? '';
      expect(await activity(me.id, used.id)).toBe(true);
    }
    expect(await activity(me.id, unused.id)).toBe(false);
    expect(await sessions.byToken(unused.token)).toBeNull();
    ahead = 180 * DAY - 60_000;
    expect(await activity(me.id, used.id)).toBe(true);
    expect((await sessions.byToken(token))?.id).toBe(used.id);
    ahead = 180 * DAY + 1;
    expect(await activity(me.id, used.id)).toBe(false);
    expect(await sessions.byToken(token)).toBeNull();
    const { id } = await begin(me.id);
    const { rows } = await api.database.pool.query('select id from sessions');
    expect(rows).toEqual([{ id }]);
  });

  test('counts as a recent login for ten minutes, and again after the next reauthentication', async () => {
    const { me } = await api.register('ann');
    const { sessions } = api.accounts;
    const [one, other] = [await begin(me.id), await begin(me.id)];
    ahead = 590_000;
    await sessions.requireRecent(one.id);
    ahead = 600_001;
    const refused = { refusal: { code: 'reauthentication_required' } };
    await expect(sessions.requireRecent(one.id)).rejects.toMatchObject(refused);
    await sessions.authenticated(one.id);
    await sessions.requireRecent(one.id);
    await expect(sessions.requireRecent(other.id)).rejects.toMatchObject(refused);
  });

  test('is ended by its account alone, and with the others only if the change says so', async () => {
    const { me } = await api.register('ann');
    const other = (await api.register('ben')).me;
    const { sessions } = api.accounts;
    const [one, two, three] = [await begin(me.id), await begin(me.id), await begin(me.id)];
    const foreign = await begin(other.id);
    expect(await sessions.endOwn(me.id, foreign.id)).toBe(false);
    expect(await activity(other.id, foreign.id)).toBe(true);
    expect(await sessions.endOwn(me.id, one.id)).toBe(true);
    expect(await sessions.endOwn(me.id, one.id)).toBe(false);
    const kept = await sessions.endAllIf(me.id, async () => ({ end: false, value: 'kept' }));
    expect([kept, await activity(me.id, two.id)]).toEqual(['kept', true]);
    // Topics of push servers end with the session that added them.
    const { pool } = api.database;
    const topics = async () =>
      (await pool.query('select name from notification_devices order by name')).rows;
    for (const [name, session] of Object.entries({ foreign, three, two })) {
      await pool.query(
        `insert into notification_devices
           (id, account_id, kind, added_by, name, sealed, address_hash, shows_content)
         values (gen_random_uuid(), $1, 'ntfy', $2, $3, '', convert_to($3, 'utf8'), false)`,
        [session.account, session.id, name],
      );
    }
    ended = [];
    const value = await sessions.endAllIf(me.id, async () => ({ end: true, value: 7 }), two.id);
    expect(value).toBe(7);
    expect(ended).toContain(three.id);
    expect(ended).not.toContain(two.id);
    expect(await activity(me.id, two.id)).toBe(true);
    expect(await topics()).toEqual([{ name: 'foreign' }, { name: 'two' }]);
    await sessions.endAll(me.id);
    expect(await topics()).toEqual([{ name: 'foreign' }]);
    expect(await activity(me.id, two.id)).toBe(false);
    expect(await activity(other.id, foreign.id)).toBe(true);
  });
});
