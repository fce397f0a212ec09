import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERRORS, PostBody, Problem } from '@parley/protocol';
import { Validator } from '@seriousme/openapi-schema-validator';
import Fastify, { type FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aTestApi, type TestApi } from '../../test/support/api.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { clientIdOf } from '../http/idempotency.ts';
import { depthOf } from '../http/json.ts';
import { errorsMarkdown } from './docs/errors-page.ts';
import { secure } from './security.ts';

/** Routes that only these tests have. */
const probe = (instance: FastifyInstance): void => {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.post('/probe/boom', { schema: { hide: true } }, () => {
    throw new Error('secret detail of a bug');
  });
  app.post(
    '/probe/message',
    { schema: { hide: true, headers: IdempotencyHeader, body: PostBody, response: problems(422) } },
    async (request) => ({ id: clientIdOf(request) }),
  );
};

let cluster: TestCluster;
let api: TestApi;
let webDir: string;
let isHealthy = true;
beforeAll(async () => {
  cluster = await startTestCluster();
  webDir = await mkdtemp(join(tmpdir(), 'parley-web-'));
  await mkdir(join(webDir, 'assets'));
  await writeFile(join(webDir, 'index.html'), '<!doctype html><title>Parley</title>');
  await writeFile(join(webDir, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(webDir, 'assets', 'index-a1b2c3.js'), 'console.log(1)');
  api = await aTestApi(await cluster.fresh(), {
    webDir,
    api: [probe],
    health: async () => {
      if (!isHealthy) throw new Error('no database');
      return { status: 'ok' };
    },
  });
});
afterAll(async () => {
  await api.close();
  await cluster.stop();
  await rm(webDir, { recursive: true });
});

describe('a refusal', () => {
  const json = { 'content-type': 'application/json' };
  const deep = `${'['.repeat(21)}${']'.repeat(21)}`;
  test.each([
    ['text that is not JSON', 'POST', '/api/v1/auth/login', '{"login":', json, 400, 'invalid_json'],
    ['nothing', 'POST', '/api/v1/auth/login', undefined, {}, 400, 'invalid_json'],
    [
      'damaged UTF-8',
      'POST',
      '/api/v1/auth/login',
      Buffer.from('{"login":"\xff"}', 'latin1'),
      json,
      400,
      'invalid_json',
    ],
    ['JSON of 21 levels', 'POST', '/api/v1/auth/login', deep, json, 400, 'invalid_json'],
    [
      'a prototype',
      'POST',
      '/api/v1/auth/login',
      '{"__proto__":{"a":1}}',
      json,
      400,
      'invalid_json',
    ],
    ['JSON null', 'POST', '/api/v1/auth/login', 'null', json, 400, 'invalid_json'],
    ['an array', 'POST', '/api/v1/auth/login', '[]', json, 422, 'invalid'],
    [
      '64 KiB and one byte',
      'POST',
      '/api/v1/auth/login',
      `"${'x'.repeat(65_535)}"`,
      json,
      413,
      'too_large',
    ],
    [
      'a form',
      'POST',
      '/api/v1/auth/login',
      'login=ann',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    [
      'plain text',
      'POST',
      '/api/v1/auth/login',
      '{}',
      { 'content-type': 'text/plain' },
      415,
      'unsupported_media_type',
    ],
    ['no token', 'GET', '/api/v1/me', undefined, {}, 401, 'unauthenticated'],
    [
      'another scheme',
      'GET',
      '/api/v1/me',
      undefined,
      { authorization: 'Basic YTpi' },
      401,
      'unauthenticated',
    ],
    [
      'no such path',
      'GET',
      '/api/v1/nothing',
      undefined,
      { accept: 'text/html' },
      404,
      'not_found',
    ],
    ['a malformed path', 'GET', '/api/v1/users/%ff', undefined, {}, 404, 'not_found'],
    ['another method', 'GET', '/api/v1/auth/login', undefined, {}, 405, 'method_not_allowed'],
    ['a method we have nowhere', 'DELETE', '/api/v1/me', undefined, {}, 405, 'method_not_allowed'],
    [
      'a foreign origin',
      'POST',
      '/api/v1/auth/login',
      '{}',
      { ...json, origin: 'http://evil.example' },
      403,
      'origin_not_allowed',
    ],
    [
      'the null origin',
      'POST',
      '/api/v1/auth/token',
      undefined,
      { origin: 'null' },
      403,
      'origin_not_allowed',
    ],
    [
      'a look-alike origin',
      'POST',
      '/api/v1/auth/logout',
      undefined,
      { origin: 'http://localhost:80.evil.example' },
      403,
      'origin_not_allowed',
    ],
    [
      'another site, without Origin',
      'POST',
      '/api/v1/auth/token',
      undefined,
      { 'sec-fetch-site': 'cross-site' },
      403,
      'origin_not_allowed',
    ],
    [
      'a neighboring site',
      'POST',
      '/api/v1/auth/token',
      undefined,
      { 'sec-fetch-site': 'same-site' },
      403,
      'origin_not_allowed',
    ],
    ['a bug', 'POST', '/api/v1/probe/boom', undefined, {}, 500, 'internal'],
  ] as const)(
    'of %s is a problem document: %s %s',
    async (_what, method, url, payload, headers, status, code) => {
      const answer = await api.app.inject({
        method,
        url,
        headers,
        ...(payload === undefined ? {} : { payload }),
      });
      expect(answer.statusCode).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      const problem = Problem.parse(answer.json());
      expect(problem).toMatchObject({
        status,
        code,
        title: ERRORS[code].title,
        type: `/docs/errors#${code}`,
        requestId: answer.headers['x-request-id'],
      });
      expect(answer.body).not.toContain('secret detail');
      expect('www-authenticate' in answer.headers).toBe(status === 401);
    },
  );

  test('of a method lists the allowed ones', async () => {
    const answer = await api.get('/api/v1/auth/login');
    expect(answer.headers.allow).toBe('POST');
  });

  test.each([
    ['body_empty', { body: ' \n' }],
    ['body_too_long', { body: 'x'.repeat(16_001) }],
    ['text_invalid', { body: 'a\u0000b' }],
    ['text_invalid', { body: '\ud800' }],
  ])('of a message has the code %s', async (code, body) => {
    const answer = await api.post('/probe/message', body);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code, errors: [{ field: 'body', code }] });
  });

  test('of a malformed Idempotency-Key has its own code; a valid one is used unchanged', async () => {
    const send = (key: string) =>
      api.post('/probe/message', { body: 'hi' }, { 'idempotency-key': key });
    for (const key of ['', 'nonsense', '01890A5D-AC96-774B-BCCE-B302099A8057x']) {
      const answer = await send(key);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'idempotency_key_required']);
    }
    const key = '01890a5d-ac96-774b-bcce-b302099a8057';
    expect((await send(key)).json()).toEqual({ id: key });
  });
});

describe('an origin of our own', () => {
  test.each([
    [{ origin: 'http://localhost:80' }, 401],
    [{ 'sec-fetch-site': 'same-origin' }, 401],
    [{ 'sec-fetch-site': 'none' }, 401],
    [{}, 401],
  ])('%o comes as far as the credentials', async (headers, status) => {
    const answer = await api.post('/auth/token', undefined, { host: 'localhost:80', ...headers });
    expect(answer.statusCode).toBe(status);
  });
});

describe('pages', () => {
  const ask = (url: string, accept = 'text/html') => api.app.inject({ url, headers: { accept } });

  test('any path of the client is its page, revalidated each time', async () => {
    for (const url of ['/', '/login', '/c/01890a5d?x=1']) {
      const answer = await ask(url);
      expect(answer.statusCode, url).toBe(200);
      expect(answer.body).toContain('<title>Parley</title>');
      expect(answer.headers['cache-control']).toBe('no-cache');
      expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
      expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
  });

  test('the start page is served to clients that accept anything, compressed or not', async () => {
    for (const encoding of ['gzip, deflate, br', 'identity']) {
      const headers = { accept: '*/*', 'accept-encoding': encoding };
      const answer = await api.app.inject({ url: '/', headers });
      expect(answer.statusCode, encoding).toBe(200);
      expect(answer.headers['content-type']).toContain('text/html');
    }
  });

  test('files with a hash in their names are cached for a year', async () => {
    const answer = await ask('/assets/index-a1b2c3.js', '*/*');
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toContain('javascript');
    expect((await ask('/assets/index-old.js')).statusCode).toBe(404);
    expect((await ask('/favicon.svg', '*/*')).headers['cache-control']).toBe('no-cache');
  });

  test('no path leads out of the folder', async () => {
    for (const url of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/..%2f..%2fpackage.json',
    ]) {
      const answer = await ask(url, '*/*');
      expect([400, 403, 404], url).toContain(answer.statusCode);
    }
  });

  test('all responses have the security headers', async () => {
    for (const url of ['/', '/api/v1/me', '/docs', '/assets/index-a1b2c3.js', '/health/live']) {
      const { headers } = await ask(url);
      expect(headers['x-content-type-options'], url).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers).not.toHaveProperty('strict-transport-security');
    }
  });

  test('the policy of the pages allows no inline script or style and no HTML from strings', async () => {
    const sent = String((await ask('/login')).headers['content-security-policy']);
    expect(Object.fromEntries(sent.split('; ').map((one) => one.split(/ (.*)/)))).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': expect.stringMatching(/^'self' 'sha256-[\w+/]{43}='$/),
      'img-src': "'self' blob: data:",
      'media-src': "'self' blob: data:",
      'font-src': "'self'",
      'connect-src': "'self'",
      'manifest-src': "'self'",
      'worker-src': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'self'",
      'object-src': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': 'parley-worker',
    });
  });

  test('HSTS is sent if PUBLIC_URL has https, for subdomains if configured', async () => {
    const sent = async (settings: Parameters<typeof secure>[2]) => {
      const app = Fastify();
      app.addHook('onRequest', async (request, reply) => secure(request, reply, settings));
      app.get('/', async () => 'hello');
      return (await app.inject({ url: '/' })).headers['strict-transport-security'];
    };
    const [http, https] = ['http://chat.example.org', 'https://chat.example.org'];
    expect(await sent({ publicUrl: http, hstsSubdomains: true })).toBeUndefined();
    expect(await sent({ publicUrl: undefined, hstsSubdomains: true })).toBeUndefined();
    expect(await sent({ publicUrl: https, hstsSubdomains: false })).toBe('max-age=31536000');
    expect(await sent({ publicUrl: https, hstsSubdomains: true })).toBe(
      'max-age=31536000; includeSubDomains',
    );
  });

  test('without a built client, a page explains it', async () => {
    const bare = await aTestApi(await cluster.fresh());
    try {
      const answer = await bare.app.inject({ url: '/', headers: { accept: 'text/html' } });
      expect(answer.statusCode).toBe(503);
      expect(answer.body).toContain('npm run build');
    } finally {
      await bare.close();
    }
  });
});

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1, and names operations, securities and problems', async () => {
    const answer = await api.get('/api/v1/openapi.json');
    const document = answer.json();
    expect(document.openapi).toBe('3.1.0');
    const result = await new Validator().validate(document);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    const ids = new Set<string>();
    for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const name = `${method} ${path}`;
        expect(operation.operationId, name).toMatch(/^[a-z]\w+$/);
        expect(ids.has(operation.operationId), name).toBe(false);
        ids.add(operation.operationId);
        expect(operation.tags, name).toHaveLength(1);
        expect(operation.summary, name).toBeTruthy();
        if (!path.startsWith('/api')) continue;
        expect(operation.security, name).toBeDefined();
        const problem = operation.responses.default?.content?.['application/problem+json'];
        expect(problem?.schema.$ref, name).toBe('#/components/schemas/Problem');
      }
    }
    const register = document.paths['/api/v1/auth/register'].post;
    const body = register.requestBody.content['application/json'].schema;
    expect(body.required).toEqual(['username', 'displayName', 'email', 'password']);
    expect(document.paths['/api/v1/auth/logout'].post.responses['204'].content).toBeUndefined();
  });

  test('has a reference page without scripts and third-party requests', async () => {
    const page = await api.get('/docs');
    expect(page.body).not.toContain('<script');
    expect(page.body.match(/src="[^"]*"/g)).toBeNull();
    const targets = [...page.body.matchAll(/href="([^"]*)"/g)].map(([, target]) => target ?? '');
    expect(new Set(targets.filter((target) => !/^(\/docs\/errors)?#/.test(target)))).toEqual(
      new Set([
        '/docs',
        '/docs/style.css',
        '/docs/protocol',
        '/docs/errors',
        '/api/v1/openapi.json',
      ]),
    );
    const style = await api.get('/docs/style.css');
    expect(style.statusCode).toBe(200);
    expect(style.headers['content-type']).toContain('text/css');
  });

  test('serves the WebSocket protocol, with links to served pages only', async () => {
    const page = await api.get('/docs/protocol');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<h2 id="reconnecting">Reconnecting</h2>');
    expect(page.body).toContain('<code>packages/protocol/src/live/frames.ts</code>');
    for (const id of ['client-frames-post', 'server-frames-event', 'events-message.posted']) {
      expect(page.body).toContain(`id="${id}"`);
    }
    for (const [, id] of page.body.matchAll(/href="#([^"]+)/g)) {
      expect(page.body).toContain(`id="${id}"`);
    }
    expect(page.body).not.toMatch(/```|\]\(|\*\*/);
    const targets = [...page.body.matchAll(/href="([^"#]+)/g)].map(([, target]) => target ?? '');
    for (const target of new Set(targets)) {
      expect((await api.get(target)).statusCode, target).toBe(200);
    }
  });

  test('the type of every problem links to its entry', async () => {
    const page = await api.get('/docs/errors');
    for (const code of Object.keys(ERRORS)) expect(page.body).toContain(`id="${code}"`);
  });

  test('docs/errors.md is generated from the error table', async () => {
    const file = new URL('../../../../docs/errors.md', import.meta.url);
    expect(await readFile(file, 'utf8')).toBe(errorsMarkdown());
  });
});

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  security?: unknown;
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
}

describe('health', () => {
  test('is reported for the process and for the server', async () => {
    expect((await api.get('/health/live')).json()).toEqual({ status: 'ok' });
    expect((await api.get('/health/ready')).statusCode).toBe(200);
    isHealthy = false;
    const ready = await api.get('/health/ready');
    isHealthy = true;
    expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'failing' }]);
  });
});

describe('on the wire', () => {
  /** Sends raw bytes and collects the answer until the server closes. */
  const speak = async (bytes: string): Promise<string> => {
    if (!api.app.server.listening) await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.setEncoding('utf8').on('data', (text: string) => {
        answer += text;
      });
      socket.on('error', reject).on('close', () => resolve(answer));
    });
  };

  test('bytes that are not HTTP get a problem, and the connection is closed', async () => {
    const answer = await speak('HELLO\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('application/problem+json');
  });

  test('several Host headers are rejected', async () => {
    const answer = await speak('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nhost: other.example\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('The request has several Host headers');
  });

  test('headers over 16 KiB are rejected', async () => {
    const answer = await speak(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('time and number are limited', () => {
    const { server } = api.app;
    expect(server.headersTimeout).toBe(10_000);
    expect(server.requestTimeout).toBe(30_000);
    expect(server.maxHeadersCount).toBe(100);
  });
});

test('the depth of JSON counts brackets outside of strings', () => {
  expect(depthOf('[{"a":[1]}]')).toBe(3);
  expect(depthOf('"[[[["')).toBe(0);
  expect(depthOf('["\\"[[[", {}]')).toBe(2);
});
