import { Body, refusal } from '@parley/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { IdempotencyHeader } from './describe.ts';
import { handleError, loggedPath, RefusalError, refuse, storedOrRefuse } from './errors.ts';
import { clientIdOf } from './idempotency.ts';
import { refuseCrossSite } from './origin.ts';
import { pageCursor } from './page.ts';

let app: FastifyInstance;
const loggedPaths: string[] = [];
const logged: { level: string; fields: Record<string, unknown>; text: string }[] = [];

beforeAll(async () => {
  app = Fastify({ bodyLimit: 1_000, genReqId: () => 'request-1' });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => {
    for (const level of ['warn', 'error'] as const) {
      request.log[level] = ((fields: Record<string, unknown>, text: string) =>
        logged.push({ level, fields, text })) as never;
    }
    return handleError(error as Parameters<typeof handleError>[0], request, reply);
  });
  app.addHook('onResponse', async (request) => {
    loggedPaths.push(loggedPath(request));
  });
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const body = z.object({
    body: Body,
    deep: z.object({ n: z.int().min(2) }).optional(),
    even: z
      .int()
      .refine((n) => n % 2 === 0)
      .optional(),
    list: z.array(z.object({ name: z.string() })).optional(),
  });
  routes.post('/messages', { schema: { body, headers: IdempotencyHeader } }, async (request) => ({
    id: clientIdOf(request),
  }));
  routes.get(
    '/things/:id',
    {
      schema: {
        params: z.object({ id: z.uuid() }),
        querystring: z.object({ n: z.coerce.number() }),
      },
    },
    async () => ({}),
  );
  routes.get('/refused/:code', async (request) =>
    refuse((request.params as { code: 'forbidden' }).code, 'not for you', { retryAfter: 1.2 }),
  );
  routes.get('/unknown', async () => storedOrRefuse({ kind: 'unknown' } as never));
  routes.get('/webhooks/:id/:key', async () => storedOrRefuse({ kind: 'unknown' } as never));
  routes.get('/stored', async () => storedOrRefuse({ kind: 'stored', seq: 7 } as never));
  routes.get('/declined', async () =>
    storedOrRefuse({ kind: 'refused', refusal: refusal('message_deleted') } as never),
  );
  routes.get('/bug', async () => {
    throw new Error('a secret detail');
  });
  routes.post('/login', async (request) => {
    refuseCrossSite(request, {});
    return { done: true };
  });
  await app.ready();
});
afterAll(() => app.close());

async function post(path: string, payload: unknown, headers: Record<string, string> = {}) {
  const response = await app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return { status: response.statusCode, ...response.json() };
}
const get = async (path: string) => {
  const response = await app.inject({ url: path });
  return { status: response.statusCode, headers: response.headers, ...response.json() };
};

describe('an invalid request', () => {
  test.each([
    // The code of a field is used if no other field is invalid.
    [{ body: '' }, 422, 'body_empty', [['body', 'body_empty']]],
    [
      { body: '', deep: { n: 1 } },
      422,
      'invalid',
      [
        ['body', 'body_empty'],
        ['deep.n', 'too_small'],
      ],
    ],
    [{}, 422, 'invalid', [['body', 'missing']]],
    [{ body: 'x', deep: {} }, 422, 'invalid', [['deep.n', 'missing']]],
    [{ body: 'x', deep: { n: 'two' } }, 422, 'invalid', [['deep.n', 'invalid_type']]],
    [{ body: 'x', even: 3 }, 422, 'invalid', [['even', 'invalid']]],
    [{ body: 7 }, 422, 'invalid', [['body', 'invalid_type']]],
    [
      { body: 'x', list: [{ name: 'a' }, {}, { name: 1 }] },
      422,
      'invalid',
      [
        ['list.1.name', 'missing'],
        ['list.2.name', 'invalid_type'],
      ],
    ],
  ])('%j: %d %s', async (payload, status, code, errors) => {
    const answer = await post('/messages', payload);
    expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
    expect(answer.errors.map((e: { field: string; code: string }) => [e.field, e.code])).toEqual(
      errors,
    );
    for (const { message } of answer.errors) expect(message).toMatch(/\w/);
    // Without a code of its own, what is wrong stands only beside the field.
    expect(code === 'invalid' ? answer.detail : undefined).toBeUndefined();
  });

  test.each([
    ['?n=two', 'invalid_type'],
    ['', 'missing'],
  ])('a query %j has the error %s', async (query, code) => {
    const answer = await get(`/things/0197a000-0000-7000-8000-000000000001${query}`);
    expect(answer).toMatchObject({ status: 422, errors: [{ field: 'n', code }] });
  });

  test.each([
    ['null', 'invalid_json'],
    ['{', 'invalid_json'],
    ['', 'invalid_json'],
    [JSON.stringify({ body: 'x'.repeat(2_000) }), 'too_large'],
  ])('with the body %j: %s', async (payload, code) => {
    expect(await post('/messages', payload)).toMatchObject({ code });
  });

  test('in a format other than JSON is refused as such', async () => {
    const answer = await post('/messages', '<x/>', { 'content-type': 'text/xml' });
    expect(answer).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  test('with a malformed idempotency key, id or query', async () => {
    expect(await post('/messages', { body: 'x' }, { 'idempotency-key': 'no' })).toMatchObject({
      code: 'idempotency_key_required',
      errors: [{ field: 'idempotency-key' }],
    });
    expect(await get('/things/no?n=1')).toMatchObject({
      status: 404,
      code: 'not_found',
      errors: [{ field: 'id' }],
    });
    const id = '0197a000-0000-7000-8000-000000000001';
    expect(await get(`/things/${id}?n=x`)).toMatchObject({
      code: 'invalid',
      errors: [{ field: 'n', code: 'invalid_type' }],
    });
    expect(await get(`/things/${id}`)).toMatchObject({
      code: 'invalid',
      errors: [{ field: 'n', code: 'missing' }],
    });
    expect(await get(`/things/${id}?n=1`)).toMatchObject({ status: 200 });
  });
});

test('a command has the id of its idempotency key, or a new one', async () => {
  const id = '0197a000-0000-7000-8000-000000000001';
  expect(await post('/messages', { body: 'x' }, { 'idempotency-key': id })).toMatchObject({ id });
  const [one, other] = [
    await post('/messages', { body: 'x' }),
    await post('/messages', { body: 'x' }),
  ];
  expect(one.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(other.id).not.toBe(one.id);
});

describe('a problem', () => {
  test('has its code, the request, and how long to wait, rounded up', async () => {
    const answer = await get('/refused/rate_limited');
    expect(answer).toMatchObject({
      status: 429,
      code: 'rate_limited',
      detail: 'not for you',
      retryAfter: 1.2,
      requestId: 'request-1',
    });
    expect(answer.headers).toMatchObject({
      'retry-after': '2',
      'cache-control': 'no-store',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  test('names the scheme where the caller is not authenticated', async () => {
    const answer = await get('/refused/unauthenticated');
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="parley"');
  });

  test('reports the outcome of a command', async () => {
    expect(await get('/unknown')).toMatchObject({
      status: 503,
      code: 'outcome_unknown',
      retryAfter: 1,
    });
    expect(await get('/declined')).toMatchObject({ code: 'message_deleted' });
    expect(await get('/stored')).toMatchObject({ status: 200, seq: 7 });
  });

  test('hides an unexpected error, which is logged once without the query', async () => {
    logged.length = 0;
    const answer = await get('/bug?search=private');
    expect(answer).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(logged).toMatchObject([
      { level: 'error', fields: { method: 'GET', url: '/bug' }, text: 'unexpected error' },
    ]);
  });

  test('of the server is logged as a warning; a refusal is not logged', async () => {
    logged.length = 0;
    await get('/refused/forbidden');
    expect(logged).toEqual([]);
    await get('/refused/unavailable?x=private');
    expect(logged).toMatchObject([
      { level: 'warn', fields: { url: '/refused/unavailable' }, text: 'request failed' },
    ]);
  });
});

test.each([
  ['/webhooks/1/pk_secret', '/webhooks/:id/:key'],
  ['/webhooks/1/%70k_secret?x=1', '/webhooks/:id/:key'],
  ['/webhook/1/pk_secret/', '/webhook/1/pk_…/'],
  ['/unknown', '/unknown'],
])('the API key in %s is not logged', async (url, path) => {
  logged.length = 0;
  await get(url);
  expect(loggedPaths.at(-1)).toBe(path);
  expect(JSON.stringify(logged)).not.toContain('secret');
});

describe('a page cursor', () => {
  const schema = z.object({ n: z.int() });

  test('is read as it was written', () => {
    const text = pageCursor.write({ n: 7 });
    expect(text).toMatch(/^[\w-]+$/);
    expect(pageCursor.read(text, schema)).toEqual({ n: 7 });
    expect(pageCursor.read(undefined, schema)).toBeNull();
  });

  test.each(['', 'x', '????', pageCursor.write({ n: 'seven' }), pageCursor.write(null)])(
    'that is %j is refused',
    (text) => {
      let thrown: unknown;
      try {
        pageCursor.read(text, schema);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(RefusalError);
      expect(thrown).toMatchObject({ refusal: { code: 'invalid' } });
    },
  );
});

describe('a request that logs in', () => {
  test.each([
    [{ origin: 'http://localhost', host: 'localhost' }, true],
    [{ origin: 'http://evil.com', host: 'localhost' }, false],
    // Another site’s page whose browser sends no Origin.
    [{ host: 'localhost', 'sec-fetch-site': 'cross-site' }, false],
    [{ host: 'localhost', 'sec-fetch-site': 'same-site' }, false],
    [{ host: 'localhost', 'sec-fetch-site': 'same-origin' }, true],
    [{ host: 'localhost', 'sec-fetch-site': 'none' }, true],
    // Not a browser.
    [{ host: 'localhost' }, true],
    // The allowed origin decides.
    [{ origin: 'http://localhost', host: 'localhost', 'sec-fetch-site': 'cross-site' }, true],
  ])('with %j: %s', async (headers, allowed) => {
    const answer = await post('/login', {}, headers as Record<string, string>);
    if (allowed) expect(answer).toMatchObject({ done: true });
    else expect(answer).toMatchObject({ status: 403, code: 'origin_not_allowed' });
  });
});
