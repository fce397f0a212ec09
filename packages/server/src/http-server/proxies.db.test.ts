import Fastify, { type FastifyBaseLogger } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aTestApi, registration, type TestApi } from '../../test/support/api.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { createLogger } from '../runtime/log.ts';
import { warnOfUntrustedProxy } from './proxies.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

/** Returns the address of a session that is started through a proxy on this machine. */
async function addressBehind(trustedProxies: string[], forwardedFor: string): Promise<string> {
  const api: TestApi = await aTestApi(await cluster.fresh(), { trustedProxies });
  try {
    const headers = { 'x-forwarded-for': forwardedFor };
    const answer = await api.post('/auth/register', registration('zoe'), headers);
    expect(answer.statusCode).toBe(201);
    const { rows } = await api.database.pool.query('select address from sessions');
    return rows[0].address;
  } finally {
    await api.close();
  }
}

test('forwarded addresses are ignored by default', async () => {
  expect(await addressBehind([], '203.0.113.9')).toBe('127.0.0.1');
  expect(await addressBehind(['10.0.0.0/8', 'uniquelocal'], '203.0.113.9')).toBe('127.0.0.1');
});

test('the last address that is not of a trusted proxy counts, not what a client claims', async () => {
  expect(await addressBehind(['loopback'], '203.0.113.9, 198.51.100.7')).toBe('198.51.100.7');
  expect(
    await addressBehind(['loopback', '10.0.0.0/8'], '203.0.113.9, 198.51.100.7, 10.1.2.3'),
  ).toBe('198.51.100.7');
});

test('warns once of an untrusted proxy, with its address', async () => {
  const lines: { msg: string; from: string }[] = [];
  const app = Fastify({
    loggerInstance: createLogger('warn', {
      write: (line) => lines.push(JSON.parse(line)),
    }) as FastifyBaseLogger,
    trustProxy: ['10.0.0.1'],
  });
  warnOfUntrustedProxy(app);
  app.get('/', async () => 'ok');
  const get = (remoteAddress: string, headers = {}) =>
    app.inject({ url: '/', remoteAddress, headers });
  const forwarded = { 'x-forwarded-for': '203.0.113.9' };

  await get('10.0.0.9');
  await get('10.0.0.1', forwarded);
  expect(lines).toEqual([]);
  await get('10.0.0.2', forwarded);
  await get('10.0.0.2', forwarded);
  await app.close();

  expect(lines).toMatchObject([
    {
      from: '10.0.0.2',
      msg: 'X-Forwarded-For from an untrusted proxy ignored',
    },
  ]);
});
