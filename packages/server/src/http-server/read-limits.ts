import type { AccountId } from '@parley/protocol';
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { knownSessionOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import { addressKey } from '../limits/address-key.ts';
import { ConcurrencyLimit } from '../limits/concurrency.ts';
import type { ResponseLimits } from './response-limits.ts';

/** Reads of one account that run at once. */
const READS_MAX = 4;
/** A response counts as one more request for each of this many bytes. */
const BYTES_PER_REQUEST = 64 * 1024;

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The route sends a stream and has its own limit per account; otherwise it would count as a
     * read until its end.
     */
    isStreamed?: boolean;
  }
}

interface ReadLimitDeps {
  readonly responses: ResponseLimits;
  /** Counts further requests of an account and its address. */
  charge(account: AccountId, address: string, requests: number): void;
}

/**
 * Prevents the reads of one account from using up memory, database connections and CPU.
 *
 * 1. A few of them run at once, and the others wait. Streams have their own limits.
 * 2. None runs for a client that has disconnected, or whose address leaves too much unread.
 * 3. A long response counts as several requests.
 *
 * Must be called before the routes of the scope are registered.
 */
export function limitReads(scope: FastifyInstance, { responses, charge }: ReadLimitDeps): void {
  const running = new ConcurrencyLimit(READS_MAX);
  const limited = new WeakSet<RouteHandlerMethod>();
  scope.addHook('onRoute', (route) => {
    // The HEAD route of a GET has its handler, which is limited already.
    if (route.method !== 'GET' || limited.has(route.handler)) return;
    if (route.config?.isStreamed) return;
    const { handler } = route;
    route.handler = async function (request, reply) {
      const session = knownSessionOf(request);
      if (!session) return handler.call(this, request, reply);
      return running.run(session.account, async () => {
        if (reply.raw.destroyed) refuse('unavailable', 'The client is gone');
        if (responses.isFull(addressKey(request.ip))) {
          reply.header('connection', 'close');
          refuse('overloaded', 'Too many responses to this address are unsent', { retryAfter: 1 });
        }
        return handler.call(this, request, reply);
      });
    };
    limited.add(route.handler);
  });
  scope.addHook('onSend', async (request, _reply, payload) => {
    const session = knownSessionOf(request);
    if (!session) return;
    const requests = Math.floor(bytesOf(payload) / BYTES_PER_REQUEST);
    if (requests > 0) charge(session.account, request.ip, requests);
  });
}

/** Returns the size of a payload; 0 for a stream, which is never in memory as a whole. */
function bytesOf(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload);
  return Buffer.isBuffer(payload) ? payload.length : 0;
}
