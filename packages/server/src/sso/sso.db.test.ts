import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../../test/support/child.ts';
import { PASSWORD, totpCode } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { freePort } from '../../test/support/free-port.ts';
import { call, startTestServer, type TestServer, type User } from '../../test/support/server.ts';

let cluster: TestCluster;
let child: Child;
let server: TestServer;
let issuer: string;
let owner: User;
const ports: number[] = [];
beforeAll(async () => {
  cluster = await startTestCluster();
  ports.push(await freePort(), await freePort());
  const redirects = ports.map((p) => `http://127.0.0.1:${p}/api/v1/auth/sso/oidc/callback`);
  child = startChild('oidc-provider.mjs', redirects);
  issuer = await child.line();
  server = await startTestServer(cluster, { ...settings(issuer), PORT: String(ports[0]) });
  owner = await server.register('olga');
});
afterAll(async () => {
  await server.stop();
  await child.kill();
  await cluster.stop();
});

const settings = (oidcIssuer: string) => ({
  OIDC_ISSUER: oidcIssuer,
  OIDC_CLIENT_ID: 'parley',
  OIDC_CLIENT_SECRET: 'a secret of theirs',
  OIDC_NAME: 'Example',
});

/** A minimal browser: keeps cookies for each host, follows redirects by hand. */
class Browser {
  readonly #home: string;
  readonly #cookies = new Map<string, Map<string, string>>();

  constructor(home = server.url) {
    this.#home = home;
  }

  async open(url: string, form?: Record<string, string>): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; '),
        'accept-language': 'de-AT,de;q=0.9,en;q=0.5',
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      if (/expires=Thu, 01 Jan 1970/i.test(line) || value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  cookies(url: string): string[] {
    return [...(this.#cookies.get(new URL(url).host)?.keys() ?? [])];
  }

  cookie(url: string, name: string): string | undefined {
    return this.#cookies.get(new URL(url).host)?.get(name);
  }

  /** Goes from the start of a login to the callback URL. */
  async toCallback(who: string, next = '/', tab?: string, invitation?: string): Promise<string> {
    const [name = '', email = '', verified = ''] = who.split(' ');
    const user = new URLSearchParams({ name, email, verified });
    await fetch(`${issuer}/users?${user}`);
    const query = new URLSearchParams({ next, ...(tab !== undefined && { tab }) });
    const start = `${this.#home}/api/v1/auth/sso/oidc/start?${query}`;
    let url =
      invitation === undefined
        ? locationOf(await this.open(start), start)
        : await this.#prepared({ next, invitation });
    for (let steps = 0; steps < 12; steps++) {
      if (url.startsWith(this.#home)) return url;
      const response = await this.open(url);
      if (response.status >= 300 && response.status < 400) {
        url = locationOf(response, url);
        continue;
      }
      const page = await response.text();
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? '';
      const action = /action="([^"]+)"/.exec(page)?.[1] ?? '';
      const form = { prompt, ...(prompt === 'login' && { login: name, password: 'any' }) };
      url = locationOf(await this.open(new URL(action, url).href, form), url);
    }
    throw new Error('The provider did not redirect back');
  }

  /** Starts a login with a request that has a body, and returns the page of the provider. */
  async #prepared(body: object): Promise<string> {
    const response = await fetch(`${this.#home}/api/v1/auth/sso/oidc/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    const [cookie = ''] = response.headers.getSetCookie();
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    this.#cookies.set(new URL(this.#home).host, new Map([[name, value]]));
    return ((await response.json()) as { url: string }).url;
  }

  /** Completes a login and returns the final location. */
  async logIn(who: string, next?: string, tab?: string, invitation?: string): Promise<string> {
    const response = await this.open(await this.toCallback(who, next, tab, invitation));
    expect(response.status).toBe(302);
    return response.headers.get('location') ?? '';
  }

  /** Returns the user that the browser is logged in as. */
  async me() {
    const token = await this.#token();
    return (await call(this.#home, 'GET', '/me', { headers: { authorization: `Bearer ${token}` } }))
      .body;
  }

  /** Returns the names of the conversations of that user. */
  async conversations(): Promise<string[]> {
    const headers = { authorization: `Bearer ${await this.#token()}` };
    const { body } = await call(this.#home, 'GET', '/conversations', { headers });
    return body.items.map(({ name }: { name: string }) => name);
  }

  async #token(): Promise<string> {
    const cookie = `parley_session=${this.cookie(this.#home, 'parley_session')}`;
    const answer = await call(this.#home, 'POST', '/auth/token', { headers: { cookie } });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body.accessToken;
  }
}

const locationOf = (response: Response, base: string): string => {
  const location = response.headers.get('location');
  if (!location) throw new Error(`No redirect but ${response.status} at ${base}`);
  return new URL(location, base).href;
};

const verify = (username: string) =>
  server.rows(`update accounts set verified_at = now() where username = '${username}'`);

describe('single sign-on', () => {
  test('lists the provider by name', async () => {
    const { body } = await call(server.url, 'GET', '/auth/options');
    expect(body.sso).toEqual([{ id: 'oidc', name: 'Example' }]);
  });

  test('registers a user with an invitation that no URL contains', async () => {
    const created = await owner.request('POST', '/admin/invitations', {});
    const invitation = new URL(created.body.link).hash.slice(1);
    await owner.request('PATCH', '/admin/server-settings', {
      registration: { mode: 'invitation', domains: [] },
    });
    try {
      expect(await new Browser().logIn('ulla ulla@example.org verified')).toBe(
        '/login#error=invitation_required',
      );
      const browser = new Browser();
      const location = await browser.logIn(
        'vera vera@example.org verified',
        '/',
        undefined,
        invitation,
      );
      expect(location).toBe('/');
      expect((await browser.me()).username).toBe('vera');
      // It was for one person.
      const late = await new Browser().logIn(
        'wim wim@example.org verified',
        '/',
        undefined,
        invitation,
      );
      expect(late).toBe('/login#error=invitation_expired');
    } finally {
      await owner.request('PATCH', '/admin/server-settings', {
        registration: { mode: 'open', domains: [] },
      });
    }
  });

  test('creates an account with a verified address and recognizes it at the next login', async () => {
    const browser = new Browser();
    expect(await browser.logIn('ann ann@example.org verified', '/c/1?x=y')).toBe('/c/1?x=y');
    const me = await browser.me();
    expect(me).toMatchObject({
      locale: 'de-AT',
      username: 'ann',
      displayName: 'ann of the provider',
      email: 'ann@example.org',
      verified: true,
      role: 'member',
    });
    expect(browser.cookies(server.url)).toEqual(['parley_session', 'parley_device']);
    // The same user with another address, in another browser.
    const second = new Browser();
    await second.logIn('ann other@example.org unverified');
    expect((await second.me()).id).toBe(me.id);
    const logins = await server.rows(
      `select details -> 'methods' as methods from audit_log
       where account_id = '${me.id}' and event = 'login_succeeded'`,
    );
    expect(logins).toEqual([{ methods: ['sso'] }, { methods: ['sso'] }]);
  });

  test('uses the code flow with PKCE, state and nonce', async () => {
    const response = await new Browser().open(`${server.url}/api/v1/auth/sso/oidc/start`);
    const asked = new URL(response.headers.get('location') ?? '').searchParams;
    expect(asked.get('response_type')).toBe('code');
    expect(asked.get('code_challenge_method')).toBe('S256');
    for (const name of ['code_challenge', 'state', 'nonce']) {
      expect((asked.get(name) ?? '').length, name).toBeGreaterThan(40);
    }
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
    // The values of the flow are not stored in the clear.
    const stored = JSON.stringify(
      await server.rows(`select data from one_time_secrets where purpose = 'sso'`),
    );
    expect(stored).not.toContain(asked.get('state'));
    expect(stored).not.toContain(asked.get('nonce'));
  });

  test('links an account by an address that both sides have verified', async () => {
    const bob = await server.register('bob');
    await verify('bob');
    const browser = new Browser();
    expect(await browser.logIn('bob-there BOB@example.org verified')).toBe('/');
    expect((await browser.me()).id).toBe(bob.id);
  });

  test('does not link an account by an address that the provider has not verified', async () => {
    await server.register('cat');
    await verify('cat');
    const browser = new Browser();
    expect(await browser.logIn('cat-there cat@example.org unverified')).toBe(
      '/login#error=sso_email_unverified',
    );
    expect(browser.cookies(server.url)).toEqual([]);
    expect(await server.rows(`select * from identities where subject = 'cat-there'`)).toEqual([]);
  });

  test('removes all previous credentials when it proves an unverified address', async () => {
    const attacker = await server.register('dan');
    const secret = (await attacker.request('POST', '/me/totp', { password: PASSWORD })).body.secret;
    const code = totpCode(secret);
    const confirmed = await attacker.request('POST', '/me/totp/confirm', { code });
    expect(confirmed.status).toBe(200);
    const credentials = () =>
      server.rows(`select credentials_version from accounts where id = '${attacker.id}'`);
    const [before] = await credentials();
    const owner = new Browser();
    expect(await owner.logIn('dan-there dan@example.org verified')).toBe('/');
    expect(await owner.me()).toMatchObject({ id: attacker.id, verified: true });
    expect((await attacker.request('GET', '/me')).status).toBe(401);
    const login = await call(server.url, 'POST', '/auth/login', {
      body: { login: 'dan', password: PASSWORD },
    });
    expect(login.body.code).toBe('invalid_credentials');
    // A login whose password was checked before gets no session.
    expect(await credentials()).not.toEqual([before]);
    for (const table of ['totps', 'recovery_codes']) {
      const left = await server.rows(`select from ${table} where account_id = '${attacker.id}'`);
      expect(left, table).toEqual([]);
    }
    // The owner's session survives another login.
    expect(await new Browser().logIn('dan-there dan@example.org verified')).toBe('/');
    expect((await owner.me()).id).toBe(attacker.id);
  });

  test('does not link a deactivated account', async () => {
    const gus = await server.register('gus');
    await server.rows(`update accounts set is_active = false where id = '${gus.id}'`);
    expect(await new Browser().logIn('gus-there gus@example.org verified')).toBe(
      '/login#error=session_ended',
    );
    expect(await server.rows(`select * from identities where subject = 'gus-there'`)).toEqual([]);
  });

  test('does not create an account with an unverified address', async () => {
    const browser = new Browser();
    const end = await browser.logIn('eva eva@example.org unverified');
    expect(end).toBe('/login#error=sso_email_unverified');
    expect(await server.rows(`select id from accounts where username = 'eva'`)).toEqual([]);
  });

  test('does not give access to an account when its address is reassigned', async () => {
    const browser = new Browser();
    await browser.logIn('first shared@example.org verified');
    const me = await browser.me();
    const end = await new Browser().logIn('second shared@example.org verified');
    expect(end).toBe('/login#error=sso_account_linked');
    expect(await server.rows(`select account_id from identities where subject = 'first'`)).toEqual([
      { account_id: me.id },
    ]);
  });

  test('chooses another username when one is taken', async () => {
    const browser = new Browser();
    await browser.logIn('olga olga@elsewhere.example verified');
    const me = await browser.me();
    expect(me.username).toMatch(/^olga\d+$/);
  });

  test('rejects a deactivated user', async () => {
    const browser = new Browser();
    await browser.logIn('gus gus@example.org verified');
    await server.rows(`update accounts set is_active = false where username = 'gus'`);
    const again = new Browser();
    expect(await again.logIn('gus gus@example.org verified')).toBe('/login#error=session_ended');
    expect(again.cookies(server.url)).toEqual([]);
  });

  test('registers an address that was invited as a guest as a guest, once', async () => {
    const group = await owner.group('clients');
    const invite = (email: string, by = owner) =>
      by.request('POST', '/admin/invitations', { email, guest: { groups: [group] } });
    expect((await invite('gia@example.org')).status).toBe(201);
    const guest = new Browser();
    expect(await guest.logIn('gia gia@example.org verified')).toBe('/');
    expect(await guest.me()).toMatchObject({ role: 'guest', permissions: [], verified: true });
    expect(await guest.conversations()).toEqual(['clients']);
    const again = new Browser();
    expect(await again.logIn('gia gia@example.org verified')).toBe('/');
    expect((await again.me()).id).toBe((await guest.me()).id);
    const { items } = (await owner.request('GET', '/admin/invitations')).body;
    const ofGia = items.filter((item: { email: string }) => item.email === 'gia@example.org');
    expect(ofGia).toMatchObject([{ uses: 1 }]);
  });

  test('registers a guest with the latest of several invitations', async () => {
    for (const name of ['first clients', 'latest clients']) {
      const guest = { groups: [await owner.group(name)] };
      await owner.request('POST', '/admin/invitations', { email: 'lia@example.org', guest });
    }
    const browser = new Browser();
    expect(await browser.logIn('lia lia@example.org verified')).toBe('/');
    expect(await browser.conversations()).toEqual(['latest clients']);
  });

  test('is not blocked by an unusable invitation for guests', async () => {
    const former = await server.register('former');
    const setRole = (role: string) =>
      owner.request('PATCH', `/admin/accounts/${former.id}`, { role });
    await setRole('admin');
    const group = await former.group('former clients');
    const invited = await former.request('POST', '/admin/invitations', {
      email: 'una@example.org',
      guest: { groups: [group] },
    });
    expect(invited.status).toBe(201);
    await setRole('member');
    const ended = await owner.request('POST', '/admin/invitations', {
      email: 'udo@example.org',
      guest: { groups: [await owner.group('ended')], accessEndsAt: '2100-01-01T00:00:00.000Z' },
    });
    expect(ended.status).toBe(201);
    await server.rows(
      `update invitations set guest_access_ends_at = now() where email = 'udo@example.org'`,
    );
    for (const name of ['una', 'udo']) {
      const browser = new Browser();
      expect(await browser.logIn(`${name} ${name}@example.org verified`)).toBe('/');
      expect((await browser.me()).role).toBe('member');
    }
  });

  test('requires the second factor of the account', async () => {
    const hal = await server.register('hal');
    await verify('hal');
    const { secret } = (await hal.request('POST', '/me/totp', { password: PASSWORD })).body;
    const at = Date.now();
    await hal.request('POST', '/me/totp/confirm', { code: totpCode(secret, at) });
    const browser = new Browser();
    const tab = 'h'.repeat(32);
    const end = await browser.logIn('hal hal@example.org verified', '/', tab);
    expect(end).toMatch(/^\/login#/);
    const step = new URLSearchParams(end.split('#')[1]);
    expect(step.get('step')).toBe('second_factor');
    expect(step.get('methods')).toBe('totp,recovery');
    expect(step.get('tab')).toBe(tab);
    expect(browser.cookies(server.url)).toEqual([]);
    const answer = await call(server.url, 'POST', '/auth/second-factor', {
      body: { ticket: step.get('ticket'), totp: totpCode(secret, at + 30_000) },
    });
    expect(answer.body.me.id).toBe(hal.id);
  });
});

describe('the answer of the provider', () => {
  test('returns the value of the page that started the login', async () => {
    const tab = 'a'.repeat(32);
    await server.register('tabea');
    await verify('tabea');
    const browser = new Browser();
    expect(await browser.logIn('tabea tabea@example.org verified', '/c/1?x=y#z', tab)).toBe(
      `/c/1?x=y#tab=${tab}`,
    );
    expect(await browser.logIn('tabea tabea@example.org verified', '/c/1')).toBe('/c/1');
    const short = await browser.open(`${server.url}/api/v1/auth/sso/oidc/start?tab=short`);
    expect(short.status).toBe(422);
  });

  test('is accepted only from the browser that started the login', async () => {
    const victim = new Browser();
    const attacker = new Browser();
    const callback = await attacker.toCallback('ida ida@example.org verified');
    // With no login of their own, and in the middle of one.
    for (const begin of [false, true]) {
      if (begin) await victim.open(`${server.url}/api/v1/auth/sso/oidc/start`);
      const response = await victim.open(callback);
      expect(response.headers.get('location')).toBe('/login#error=sso_failed');
      expect(victim.cookies(server.url)).toEqual([]);
    }
  });

  test('belongs to a cookie of ten minutes that scripts and other sites do not get', async () => {
    const url = `${server.url}/api/v1/auth/sso/oidc/start`;
    const started = await fetch(url, { redirect: 'manual' });
    const [cookie = ''] = started.headers.getSetCookie();
    expect(cookie).toMatch(/^parley_sso=[^;]+; Max-Age=600; /);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    const foreign = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      body: '{}',
    });
    expect(foreign.status).toBe(403);
    const answered = await new Browser().open(`${server.url}/api/v1/auth/sso/oidc/callback?code=x`);
    expect(answered.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^parley_sso=;.*Expires=Thu, 01 Jan 1970/),
    ]);
    const failed = await server.rows(
      `select from audit_log where details::text like '%single sign-on: sso_failed%'`,
    );
    expect(failed.length).toBeGreaterThan(0);
  });

  test('is accepted once', async () => {
    const browser = new Browser();
    const callback = await browser.toCallback('jon jon@example.org verified');
    const flow = browser.cookie(server.url, 'parley_sso');
    expect((await browser.open(callback)).headers.get('location')).toBe('/');
    const replayed = await fetch(callback, {
      redirect: 'manual',
      headers: { cookie: `parley_sso=${flow}` },
    });
    expect(replayed.headers.get('location')).toBe('/login#error=sso_failed');
  });

  test.each([
    ['another state', { state: 'x'.repeat(43) }],
    ['another code', { code: 'x'.repeat(43) }],
    ['no code', { code: '' }],
    ['an error', { error: 'access_denied', code: '' }],
    ['another issuer', { iss: 'https://evil.example' }],
  ])('is rejected with %s', async (_what, wrong) => {
    const browser = new Browser();
    const callback = new URL(await browser.toCallback('kim kim@example.org verified'));
    for (const [name, value] of Object.entries(wrong)) {
      if (value === '') callback.searchParams.delete(name);
      else callback.searchParams.set(name, value);
    }
    const response = await browser.open(callback.href);
    expect(response.headers.get('location')).toBe('/login#error=sso_failed');
    expect(browser.cookies(server.url)).toEqual([]);
  });

  test('ends the previous session of the browser and starts another', async () => {
    const browser = new Browser();
    await browser.logIn('lea lea@example.org verified');
    const before = browser.cookie(server.url, 'parley_session');
    await browser.logIn('lea lea@example.org verified');
    const after = browser.cookie(server.url, 'parley_session');
    expect(after).not.toBe(before);
    const cookie = `parley_session=${before}`;
    expect((await call(server.url, 'POST', '/auth/token', { headers: { cookie } })).status).toBe(
      401,
    );
  });

  test.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'does not redirect to %s',
    async (next) => {
      const end = await new Browser().logIn('mia mia@example.org verified', next);
      expect(end).toBe('/');
    },
  );
});

test('an unreachable provider is reported, and one that is not configured is answered with 404', async () => {
  const alone = await startTestServer(cluster, settings('http://127.0.0.1:9'));
  try {
    const response = await fetch(`${alone.url}/api/v1/auth/sso/oidc/start`, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe('/login#error=sso_unavailable');
    for (const path of ['start', 'callback']) {
      expect((await call(alone.url, 'GET', `/auth/sso/other/${path}`)).status).toBe(404);
    }
  } finally {
    await alone.stop();
  }
});

test('no account is created while registration is closed', async () => {
  const closed = await startTestServer(cluster, {
    ...settings(issuer),
    REGISTRATION: 'closed',
    PORT: String(ports[1]),
  });
  try {
    // The first account of a server is its owner’s, however it is created.
    const owner = new Browser(closed.url);
    expect(await owner.logIn('own own@example.org verified')).toBe('/');
    expect((await owner.me()).role).toBe('owner');
    const next = new Browser(closed.url);
    const end = await next.logIn('late late@example.org verified');
    expect(end).toBe('/login#error=registration_closed');
  } finally {
    await closed.stop();
  }
});
