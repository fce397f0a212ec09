import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { AccountId, SessionId } from '@parley/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authenticator, type Session } from '../http/authenticate.ts';
import { limitReads } from './read-limits.ts';
import { RESPONSE_BOUNDS, ResponseLimits } from './response-limits.ts';

const session: Session = { id: 's' as SessionId, account: 'ann' as AccountId, role: 'member' };

describe('of the reads of one account', () => {
  let app: FastifyInstance;
  let port: number;
  /** The streams of the responses that have started; they end when they are told to. */
  const streams: Readable[] = [];
  /** What has happened on the server. */
  const order: string[] = [];

  beforeEach(async () => {
    app = Fastify();
    const onRequest = authenticator(async () => ({ session }));
    const responses = new ResponseLimits(RESPONSE_BOUNDS, () => undefined);
    await app.register(async (scope) => {
      limitReads(scope, { responses, charge: () => undefined });
      const schema = { operationId: 'me' };
      for (const isStreamed of [true, false]) {
        scope.get(
          `/stream/${isStreamed}`,
          { onRequest, schema, config: { isStreamed } },
          (_, reply) => {
            const stream = new Readable({ read: () => undefined });
            streams.push(stream);
            stream.on('end', () => order.push('ended'));
            stream.push('started');
            return reply.send(stream);
          },
        );
      }
      scope.get('/read', { onRequest, schema }, async () => {
        order.push('read');
        return 'read';
      });
    });
    await app.listen({ port: 0 });
    port = (app.server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.destroy();
    await app.close();
  });

  const request = (path: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: 'Bearer t' };
      get({ port, path, headers, agent: false }, resolve).on('error', reject);
    });

  test('four run at once, until their responses have ended', async () => {
    const first = await Promise.all(Array.from({ length: 4 }, () => request('/stream/false')));
    expect(first.map((response) => response.statusCode)).toEqual([200, 200, 200, 200]);
    const read = request('/read');
    streams[0]?.push(null);
    expect((await read).statusCode).toBe(200);
    expect(order).toEqual(['ended', 'read']);
  });

  test('streams do not block other reads', async () => {
    const downloads = await Promise.all(Array.from({ length: 6 }, () => request('/stream/true')));
    expect(downloads.map((response) => response.statusCode)).toEqual(Array(6).fill(200));
    expect((await request('/read')).statusCode).toBe(200);
  });
});
