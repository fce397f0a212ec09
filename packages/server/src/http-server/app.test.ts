import { createHash } from 'node:crypto';
import { type AccountId, EditBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../../test/support/sink.ts';
import { authenticator, sessionOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { createLogger } from '../runtime/log.ts';
import { createHttpApp, type HttpDeps } from './app.ts';
import { RESPONSE_BOUNDS } from './response-limits.ts';
import { securityTxt } from './security-txt.ts';

/** The HTTP server alone, without a database. */

let app: FastifyInstance;
let lines: Record<string, unknown>[];
afterEach(() => app.close());

async function start(
  routes: (app: FastifyInstance) => void,
  more: Partial<HttpDeps> = {},
): Promise<void> {
  lines = [];
  app = createHttpApp({
    log: createLogger('debug', { write: (line) => void lines.push(JSON.parse(line)) }),
    publicUrl: undefined,
    trustedProxies: [],
    webDir: '/nonexistent',
    health: async () => ({ status: 'ok' }),
    api: [routes],
    root: [],
    ...more,
  });
  await app.ready();
}

const hidden = { schema: { hide: true } };
/** A route that fails in this way. */
const failing = (error: () => Error) => (instance: FastifyInstance) =>
  instance.get('/fails', hidden, () => {
    throw error();
  });
const databaseError = (code: string) => () =>
  Object.assign(new pg.DatabaseError('secret detail', 1, 'error'), { code });
const get = (url: string, headers = {}) => app.inject({ url: `/api/v1${url}`, headers });

test('the policies of server-made pages allow their style element', async () => {
  await start(() => undefined);
  for (const [url, status] of [
    ['/', 503],
    ['/docs/errors', 200],
  ] as const) {
    const { statusCode, headers, body } = await app.inject({ url });
    expect(statusCode, url).toBe(status);
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(body) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    const sources = /style-src ([^;]*)/.exec(String(headers['content-security-policy']))?.[1];
    expect(sources, url).toBe(`'self' 'sha256-${hash}'`);
  }
});

describe('an error', () => {
  test.each([
    ['53100', 507, 'disk_full', '10'],
    ['53300', 503, 'unavailable', '2'],
    ['55P03', 503, 'overloaded', '2'],
    ['57014', 503, 'overloaded', '2'],
    ['40P01', 503, 'overloaded', '2'],
    ['22021', 422, 'text_invalid', undefined],
    ['22P05', 422, 'text_invalid', undefined],
    ['23505', 500, 'internal', undefined],
  ])('of the database, %s, becomes %i %s', async (sqlState, status, code, wait) => {
    await start(failing(databaseError(sqlState)));
    const answer = await get('/fails');
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.headers['retry-after']).toBe(wait);
    expect(answer.body).not.toContain('secret detail');
  });

  test('of several fields lists each of them under one code', async () => {
    const body = z.object({ body: EditBody.shape.body, seq: z.number() });
    await start((instance) =>
      instance
        .withTypeProvider<ZodTypeProvider>()
        .post('/two', { schema: { hide: true, body } }, async () => 'ok'),
    );
    const send = (payload: object) => app.inject({ method: 'POST', url: '/api/v1/two', payload });
    const both = await send({ body: '', seq: 'x' });
    expect(both.json().code).toBe('invalid');
    expect(both.json().errors.map((e: { field: string }) => e.field)).toEqual(['body', 'seq']);
    expect((await send({ body: '', seq: 1 })).json().code).toBe('body_empty');
    expect((await send({ body: 'x', seq: 'x' })).json().code).toBe('invalid');
    expect((await send({ body: 'x' })).json().errors[0]).toMatchObject({ code: 'missing' });
  });

  test('is logged without the query, which may contain what users typed', async () => {
    await start(failing(() => new Error('a fault')));
    await get('/fails?search=private');
    expect(JSON.stringify(lines)).toContain('/api/v1/fails');
    expect(JSON.stringify(lines)).not.toContain('private');
  });

  test('in the path: a longer path is not found', async () => {
    await start((instance) => instance.get('/known', hidden, async () => 'ok'));
    for (const path of ['/known/more', '/x/known', '/knownx']) {
      expect((await get(path)).statusCode, path).toBe(404);
    }
    const wrong = await app.inject({ method: 'DELETE', url: '/api/v1/known' });
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test('of a malformed page cursor', async () => {
    const Place = z.tuple([z.string(), z.number()]);
    await start((instance) =>
      instance.get<{ Querystring: { after?: string } }>('/list', hidden, async (request) =>
        JSON.stringify(pageCursor.read(request.query.after, Place)),
      ),
    );
    const good = pageCursor.write(['ann', 1]);
    expect((await get(`/list?after=${good}`)).json()).toEqual(['ann', 1]);
    expect((await get('/list')).json()).toBeNull();
    for (const bad of ['x', '%00', pageCursor.write(['ann', '1']), pageCursor.write(null)]) {
      const answer = await get(`/list?after=${bad}`);
      expect([answer.statusCode, answer.json().code], bad).toEqual([422, 'invalid']);
    }
  });
});

describe('limits on requests', () => {
  const limited: string[] = [];
  const who = {
    id: 's',
    account: 'a',
    role: 'member',
    scopes: undefined,
  } as unknown as ReturnType<typeof sessionOf>;
  const authenticate = authenticator(async (token) =>
    token === 'good'
      ? { session: who }
      : { refusal: { code: 'unauthenticated', message: 'Unknown' } },
  );
  const routes = (instance: FastifyInstance) => {
    const schema = { hide: true, operationId: 'listUsers' };
    instance.get('/mine', { schema, onRequest: authenticate }, async (request) => {
      if (sessionOf(request).account !== 'a') refuse('forbidden');
      return 'ok';
    });
    const admin = { hide: true, operationId: 'listAccounts' };
    instance.get('/theirs', { schema: admin, onRequest: authenticate }, async () => 'ok');
  };
  const authorization = 'Bearer good';
  /** Uses the token as the id of the account. */
  const authenticateAs = authenticator(async (token) => ({
    session: { ...who, account: token as AccountId },
  }));

  test('count the address of every request and the account of authenticated ones', async () => {
    limited.length = 0;
    await start(routes, {
      limitRequests: (of) => {
        limited.push(JSON.stringify(of));
        return null;
      },
    });
    expect((await get('/mine', { authorization })).statusCode).toBe(200);
    expect((await get('/mine')).statusCode).toBe(401);
    expect((await get('/theirs', { authorization })).json().code).toBe('forbidden');
    const address = '{"address":"127.0.0.1"}';
    expect(limited).toEqual([address, '{"account":"a"}', address, address]);
  });

  test.each(['address', 'account'])('reject by %s, with the time to wait', async (kind) => {
    await start(routes, { limitRequests: (of) => (kind in of ? 7 : null) });
    const answer = await get('/mine', { authorization });
    expect([answer.statusCode, answer.json().code]).toEqual([429, 'rate_limited']);
    expect(answer.headers['retry-after']).toBe('7');
  });

  test('allow four concurrent reads per account', async () => {
    const running: string[] = [];
    const ends: (() => void)[] = [];
    const schema = { hide: true, operationId: 'listUsers' };
    const slow = (instance: FastifyInstance) => {
      instance.get('/slow', { schema, onRequest: authenticateAs }, async (request) => {
        running.push(sessionOf(request).account);
        await new Promise<void>((resolve) => ends.push(resolve));
        return 'ok';
      });
    };
    await start(slow);
    const read = (account: string) => get('/slow', { authorization: `Bearer ${account}` });
    const all = [...'aaaaaa', 'b'].map(read);
    await until(() => running.length === 5, 'five that run');
    expect(running.filter((account) => account === 'a')).toHaveLength(4);
    for (let n = 0; n < all.length; n++) {
      await until(() => ends.length > n, 'the next one');
      ends[n]?.();
    }
    expect((await Promise.all(all)).map((answer) => answer.statusCode)).toEqual(all.map(() => 200));
    expect(running.filter((account) => account === 'a')).toHaveLength(6);
  });

  test('count a long response as several requests', async () => {
    const charged: unknown[][] = [];
    const schema = { hide: true, operationId: 'listUsers' };
    const lengths = (instance: FastifyInstance) => {
      instance.get<{ Params: { length: string } }>(
        '/text/:length',
        { schema, onRequest: authenticate },
        async (request) => 'x'.repeat(Number(request.params.length)),
      );
    };
    await start(lengths, { chargeRequests: (...call) => void charged.push(call) });
    for (const length of [0, 65_535, 65_536, 1_000_000])
      await get(`/text/${length}`, { authorization });
    expect(charged).toEqual([
      ['a', '127.0.0.1', 1],
      ['a', '127.0.0.1', 15],
    ]);
  });

  test('close the connection of an address with too many unsent responses', async () => {
    await start(routes, { responseBounds: { ...RESPONSE_BOUNDS, perAddress: 0 } });
    const answer = await app.inject('/health/live');
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'overloaded']);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.headers.connection).toBe('close');
  });
});

test('a foreign Host header is rejected, also for pages', async () => {
  await start(() => {}, { host: '127.0.0.1' });
  for (const url of ['/', '/api/v1/auth/options', '/docs', '/assets/x.js']) {
    const answer = await app.inject({ url, headers: { host: 'evil.example' } });
    expect([answer.statusCode, answer.json().code], url).toEqual([421, 'host_refused']);
  }
  const live = await app.inject({ url: '/health/live', headers: { host: 'parley:3000' } });
  expect(live.statusCode).toBe(200);
  expect((await app.inject({ url: '/docs', headers: { host: 'localhost' } })).statusCode).toBe(200);
});

test('the OpenAPI document is built once and sent in an accepted encoding', async () => {
  await start((instance) => instance.get('/known', hidden, async () => 'ok'));
  const plain = await get('/openapi.json');
  expect(plain.json().openapi).toBe('3.1.0');
  const encoded = await get('/openapi.json', { 'accept-encoding': 'br' });
  expect(encoded.headers['content-encoding']).toBe('br');
  const again = await get('/openapi.json', { 'if-none-match': plain.headers.etag });
  expect(again.statusCode).toBe(304);
});

describe('security.txt', () => {
  const url = '/.well-known/security.txt';
  const securityContacts = ['mailto:security@example.org', 'https://example.org/security'];

  test('does not exist without a contact', async () => {
    await start(() => {});
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'not_found']);
  });

  test('names the contacts in their order and where it belongs', async () => {
    await start(() => {}, { securityContacts, publicUrl: 'https://chat.example.org' });
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    const lines = answer.body.split('\n');
    const expires = lines.splice(2, 1)[0]?.replace('Expires: ', '') ?? '';
    expect(lines).toEqual([
      'Contact: mailto:security@example.org',
      'Contact: https://example.org/security',
      'Preferred-Languages: en',
      'Canonical: https://chat.example.org/.well-known/security.txt',
      '',
    ]);
    const days = (Date.parse(expires) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(362);
    expect(days).toBeLessThan(365);
  });

  test('expires at the start of a day, in less than a year', () => {
    const at = (time: string) => securityTxt(['https://example.org'], undefined, Date.parse(time));
    const text = at('2026-03-01T00:00:00Z');
    expect(text).toContain('\nExpires: 2027-02-28T00:00:00.000Z\n');
    expect(at('2026-03-01T23:59:59.999Z')).toBe(text);
    expect(at('2026-03-02T00:00:00Z')).not.toBe(text);
  });

  test('has no canonical address that is not https', () => {
    expect(securityTxt(securityContacts, 'http://chat.example.org', 0)).not.toContain('Canonical');
    expect(securityTxt(securityContacts, undefined, 0)).not.toContain('Canonical');
  });
});
