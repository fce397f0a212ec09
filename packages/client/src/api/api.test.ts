import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AccountId, ClientId } from '@parley/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ParleyApi } from './api.ts';

let server: Server | undefined;

afterEach(() => {
  vi.useRealTimers();
  server?.close();
});

/** A server that issues tokens and counts them. */
async function tokens(): Promise<{ url: string; handedOut: () => number }> {
  let count = 0;
  server = createServer((_request, response) => {
    count++;
    response.setHeader('content-type', 'application/json');
    const accessTokenExpiresAt = '2026-01-01T00:10:00.000Z';
    response.end(
      JSON.stringify({ accessToken: `t${count}`, accessTokenExpiresAt, accessTokenExpiresIn: 600 }),
    );
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, handedOut: () => count };
}

test.each([
  ['hours ahead', '2026-01-01T07:00:00Z'],
  ['hours behind', '2025-12-31T17:00:00Z'],
])('a device whose clock is %s renews its token when it ends, not before', async (_, now) => {
  const { url, handedOut } = await tokens();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(now) });
  const api = new ParleyApi({ url, sessionToken: 's' });
  expect(await api.accessToken()).toBe('t1');
  vi.advanceTimersByTime(500_000);
  expect(await api.accessToken()).toBe('t1');
  expect(handedOut()).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(await api.accessToken()).toBe('t2');
});

test('an API key is sent as it is, and neither renewed nor retried', async () => {
  const sent: (string | undefined)[] = [];
  server = createServer((request, response) => {
    sent.push(`${request.url} ${request.headers.authorization}`);
    response.writeHead(401, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ code: 'session_ended', title: 'The session has ended' }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = new ParleyApi({ url: `http://127.0.0.1:${port}`, apiKey: 'pk_1' });
  await expect(api.me()).rejects.toMatchObject({ code: 'session_ended', status: 401 });
  expect(sent).toEqual(['/api/v1/me Bearer pk_1']);
  expect(api.accessTokenExpiresAt).toBeNull();
});

test('a request that is never answered fails, also in the middle of its response', async () => {
  let part = '';
  server = createServer((_request, response) => {
    if (part) response.writeHead(200, { 'content-length': 100 }).write(part);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = new ParleyApi({ url: `http://127.0.0.1:${port}`, sessionToken: 's', timeoutMs: 50 });
  await expect(api.accessToken()).rejects.toMatchObject({ code: 'network' });
  part = '{"accessToken":';
  await expect(api.accessToken()).rejects.toMatchObject({ code: 'network' });
  server.closeAllConnections();
});

test('the session token of each renewal is reported, and used for the next one', async () => {
  const seen: (string | undefined)[] = [];
  let count = 0;
  server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    count++;
    const answer = { accessToken: `t${count}`, accessTokenExpiresIn: 0, sessionToken: `s${count}` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const reported: (string | undefined)[] = [];
  const api = new ParleyApi({
    url: `http://127.0.0.1:${port}`,
    sessionToken: 's0',
    onSessionToken: (token) => reported.push(token),
  });
  // These two share one request.
  await Promise.all([api.accessToken(), api.accessToken()]);
  await api.accessToken();
  expect(seen).toEqual(['Bearer s0', 'Bearer s1']);
  expect(reported).toEqual(['s1', 's2']);
  expect(api.sessionToken).toBe('s2');
});

test('a program that has logged out has no session, and is told so', async () => {
  const reported: (string | undefined)[] = [];
  const requests: string[] = [];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's0',
    onSessionToken: (token) => reported.push(token),
    fetch: async (input, init) => {
      const { pathname } = new URL(String(input));
      requests.push(`${pathname} ${new Headers(init?.headers).get('authorization')}`);
      return new Response(null, { status: pathname.endsWith('/logout') ? 204 : 401 });
    },
  });
  await api.logout();
  expect([api.sessionToken, reported]).toEqual([undefined, [undefined]]);
  await expect(api.me()).rejects.toMatchObject({ status: 401 });
  expect(requests).toEqual(['/api/v1/auth/logout Bearer s0', '/api/v1/auth/token null']);
});

test('a renewal without an answer is retried while its successor is available', async () => {
  let count = 0;
  server = createServer((_request, response) => {
    count++;
    if (count < 3) return;
    const answer = { accessToken: 't', accessTokenExpiresIn: 600, sessionToken: 's1' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const api = new ParleyApi({ url, sessionToken: 's0', timeoutMs: 1_100 });
  expect(await api.accessToken()).toBe('t');
  expect(count).toBe(3);
  server.closeAllConnections();
});

test('a login waits until a renewal of another tab has been answered', async () => {
  const requests: string[] = [];
  const answers: (() => void)[] = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const me = { id: '01890a5d-ac96-774b-bcce-b302099a8057' };
    answers.push(() =>
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ account: me.id, accessToken: 't', accessTokenExpiresIn: 600, me })),
    );
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  // As the lock that the tabs of a browser share.
  let last: Promise<unknown> = Promise.resolve();
  const exclusively = <T>(run: () => Promise<T>): Promise<T> => {
    const result = last.then(run);
    last = result;
    return result;
  };
  const url = `http://127.0.0.1:${port}`;
  const first = new ParleyApi({ url, exclusively });
  const second = new ParleyApi({ url, exclusively });
  const renewed = first.accessToken();
  const loggedIn = second.login('ed', 'password');
  const loggedOut = second.logout();
  for (const path of ['/auth/token', '/auth/login', '/auth/logout']) {
    await vi.waitFor(() => expect(requests.at(-1)).toBe(`/api/v1${path}`));
    answers.at(-1)?.();
  }
  await Promise.all([renewed, loggedIn, loggedOut]);
  expect(requests).toHaveLength(3);
});

test('a request is not sent as the account that has logged in while it waited for a token', async () => {
  const [ann, bob] = ['ann', 'bob'] as AccountId[] as [AccountId, AccountId];
  const requests: string[] = [];
  let answer: (response: Response) => void = () => undefined;
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: (input) => {
      requests.push(new URL(String(input)).pathname);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  api.actAs(ann);
  const me = api.me();
  api.actAs(bob);
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  answer(Response.json({ account: bob, accessToken: 't', accessTokenExpiresIn: 600 }));
  await expect(me).rejects.toMatchObject({ code: 'session_ended', status: 401 });
  expect(requests).toEqual(['/api/v1/auth/token']);
});

test('a client never acts as another account that has logged in in another tab', async () => {
  const ann = '01890a5d-ac96-774b-bcce-b302099a8057' as AccountId;
  const requests: string[] = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ account: 'another', accessToken: 't', accessTokenExpiresIn: 600 }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = new ParleyApi({ url: `http://127.0.0.1:${port}` });
  api.actAs(ann);
  await expect(api.me()).rejects.toMatchObject({ code: 'session_ended', status: 401 });
  await expect(api.conversations()).rejects.toMatchObject({ status: 401 });
  expect(requests).toEqual(['/api/v1/auth/token', '/api/v1/auth/token']);
});

/** An API with a server that answers as the test says; it issues the tokens `t1`, `t2` and so on. */
function stubbed(
  answer: (path: string, init: RequestInit) => Response | Promise<Response>,
  options: Partial<ConstructorParameters<typeof ParleyApi>[0]> = {},
) {
  const requests: string[] = [];
  let tokens = 0;
  const api = new ParleyApi({
    ...{ url: 'https://chat.example', sessionToken: 's' },
    ...options,
    fetch: async (input, init = {}) => {
      const path = new URL(String(input)).pathname.replace('/api/v1', '');
      const authorization = new Headers(init.headers).get('authorization');
      requests.push(`${init.method} ${path} ${authorization}`);
      if (path !== '/auth/token') return answer(path, init);
      tokens++;
      return Response.json({ account: ANN, accessToken: `t${tokens}`, accessTokenExpiresIn: 600 });
    },
  });
  return { api, requests };
}

const [ANN, BOB] = ['ann', 'bob'] as AccountId[] as [AccountId, AccountId];
const unauthenticated = () =>
  Response.json({ code: 'unauthenticated', title: 'Log in' }, { status: 401 });
const TOKEN = 'POST /auth/token Bearer s';

describe('an access token', () => {
  test('is renewed a minute before it expires, or when another account is meant', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { api, requests } = stubbed(() => Response.json({}));
    expect(api.accessTokenExpiresAt).toBeNull();
    await api.accessToken();
    expect(api.accessTokenExpiresAt).toBe(Date.now() + 600_000);
    api.actAs(ANN);
    api.actAs(ANN);
    expect(requests).toEqual([TOKEN]);
    expect(api.accessTokenExpiresAt).toBeNull();
    expect(await api.accessToken()).toBe('t2');
    api.actAs(ANN);
    vi.advanceTimersByTime(539_999);
    expect(await api.accessToken()).toBe('t2');
    vi.advanceTimersByTime(1);
    expect(await api.accessToken()).toBe('t3');
    api.dropAccessToken();
    expect(await api.accessToken()).toBe('t4');
    api.actAs(BOB);
    await expect(api.accessToken()).rejects.toMatchObject({ code: 'session_ended', status: 401 });
  });

  test('that is not accepted is replaced once', async () => {
    let refusals = 1;
    const { api, requests } = stubbed(() =>
      refusals-- > 0 ? unauthenticated() : Response.json({ id: ANN }),
    );
    expect(await api.me()).toEqual({ id: ANN });
    expect(requests).toEqual([TOKEN, 'GET /me Bearer t1', TOKEN, 'GET /me Bearer t2']);
    refusals = 2;
    await expect(api.me()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(requests.slice(4)).toEqual(['GET /me Bearer t2', TOKEN, 'GET /me Bearer t3']);
  });

  test.each([
    ['without a body', undefined],
    ['with a body', new Blob(['abc'])],
  ])('is replaced once for a request of bytes %s, which returns any response', async (_, body) => {
    let refusals = 1;
    const bodies: unknown[] = [];
    const answer = (_path: string, init: RequestInit) => {
      bodies.push(init.body);
      return refusals-- > 0 ? unauthenticated() : new Response('no', { status: 409 });
    };
    const { api, requests } = stubbed(answer);
    const send = (of: ParleyApi) =>
      of.requestBytes('PATCH', '/uploads/1', {
        ...{ headers: {}, timeoutMs: 1_000 },
        ...(body && { body }),
      });
    expect((await send(api)).status).toBe(409);
    const request = 'PATCH /uploads/1 Bearer';
    expect(requests).toEqual([TOKEN, `${request} t1`, TOKEN, `${request} t2`]);
    refusals = 2;
    expect((await send(api)).status).toBe(401);
    expect(requests).toHaveLength(7);
    expect(bodies).toEqual(Array.from({ length: 4 }, () => body));
    refusals = 2;
    const withKey = stubbed(answer, { apiKey: 'pk_1' });
    expect((await send(withKey.api)).status).toBe(401);
    expect(withKey.requests).toEqual([`${request} pk_1`]);
  });

  test('is requested once more only if an answer may have been lost, three times in all', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const attempts = async (ms: number, answer: () => Response) => {
      let count = 0;
      const api = new ParleyApi({
        ...{ url: 'https://chat.example', sessionToken: 's' },
        fetch: async () => {
          count++;
          now += ms;
          return answer();
        },
      });
      await expect(api.accessToken()).rejects.toThrow();
      return count;
    };
    const lost = () => {
      throw new TypeError('connection reset');
    };
    expect(await attempts(1_000, lost)).toBe(1);
    expect(await attempts(1_001, lost)).toBe(3);
    expect(await attempts(5_000, unauthenticated)).toBe(1);
    vi.restoreAllMocks();
  });
});

describe('a login', () => {
  const me = { id: BOB };
  const session = { account: BOB, accessToken: 'l1', accessTokenExpiresIn: 600, me };

  test('replaces the account and the session, which a logout ends', async () => {
    const reported: (string | undefined)[] = [];
    const answers = [
      () => Response.json({ step: 'second_factor', ticket: 'x' }),
      () => Response.json({ ...session, sessionToken: 's2' }),
      () => Response.json({}),
      () => new Response(null, { status: 204 }),
    ];
    const headers: (string | null)[] = [];
    const { api, requests } = stubbed(
      (_path, init) => {
        headers.push(new Headers(init.headers).get('parley-session'));
        return answers.shift()?.() ?? unauthenticated();
      },
      { onSessionToken: (token) => reported.push(token) },
    );
    api.actAs(ANN);
    const enter = () => api.enter('/auth/login', { username: 'bob' });
    expect(await enter()).toEqual({ step: 'second_factor', ticket: 'x' });
    expect([api.sessionToken, reported]).toEqual(['s', []]);
    expect(await enter()).toMatchObject({ me });
    expect([api.sessionToken, reported]).toEqual(['s2', ['s2']]);
    // Only logins ask for a session token.
    expect(headers).toEqual(['token', 'token']);
    await api.me();
    await api.logout();
    expect(requests).toEqual([
      ...['POST /auth/login null', 'POST /auth/login null'],
      ...['GET /me Bearer l1', 'POST /auth/logout Bearer s2'],
    ]);
    expect([api.sessionToken, reported, api.accessTokenExpiresAt]).toEqual([
      ...[undefined, ['s2', undefined], null],
    ]);
    // Any account may log in now.
    expect(await api.accessToken()).toBe('t1');
  });

  test('that is refused is not repeated, and neither is a logout', async () => {
    const { api, requests } = stubbed(unauthenticated);
    await expect(api.enter('/auth/login', {})).rejects.toMatchObject({ status: 401 });
    await expect(api.logout()).rejects.toMatchObject({ status: 401 });
    expect(requests).toEqual(['POST /auth/login null', 'POST /auth/logout Bearer s']);
    expect(api.sessionToken).toBe('s');
  });
});

test('a request has only the headers and options that it needs', async () => {
  const seen: unknown[] = [];
  const { api } = stubbed((_path, init) => {
    const { body, keepalive, credentials } = init;
    const headers = new Headers(init.headers);
    headers.delete('authorization');
    seen.push({ headers: Object.fromEntries(headers), body, keepalive, credentials });
    return new Response('{"a":1}');
  });
  const plain = { headers: {}, body: undefined, keepalive: undefined, credentials: 'same-origin' };
  expect(await api.request('GET', '/x')).toEqual({ a: 1 });
  expect(await api.request('GET', '/x', { as: 'text' })).toBe('{"a":1}');
  const id = '0197a000-0000-7000-8000-00000000000c' as ClientId;
  await api.request('POST', '/x', { body: { b: 2 }, id, keepalive: true });
  await api.logout().catch(() => undefined);
  expect(seen).toEqual([
    ...[plain, plain],
    {
      ...{ ...plain, body: '{"b":2}', keepalive: true },
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
    },
    { ...plain, keepalive: true },
  ]);
});

test('a request ends when its signal does, and after its time', async () => {
  const { api } = stubbed(
    (_path, { signal }) =>
      new Promise<Response>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  const controller = new AbortController();
  const aborted = api.request('GET', '/x', { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('no longer needed')), 5);
  await expect(aborted).rejects.toMatchObject({ code: 'network', status: 0 });
  await expect(api.request('GET', '/x', { timeoutMs: 5 })).rejects.toMatchObject({
    code: 'network',
    cause: { name: 'TimeoutError' },
  });
  const { signal } = new AbortController();
  const both = api.requestBytes('GET', '/x', { headers: {}, timeoutMs: 5, signal });
  await expect(both).rejects.toMatchObject({ cause: { name: 'TimeoutError' } });
});
