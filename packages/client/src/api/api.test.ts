import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AccountId } from '@parley/protocol';
import { afterEach, expect, test, vi } from 'vitest';
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
