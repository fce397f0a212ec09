import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import type { FastifyInstance } from 'fastify';

/**
 * Returns how to find the address of a client from a request that does not go through Fastify (an
 * upgrade): forwarded ones are believed of these proxies, as Fastify does it.
 */
export function clientAddress(
  trustedProxies: readonly string[],
): (request: IncomingMessage) => string {
  const trust = proxyAddr.compile([...trustedProxies]);
  return (request) => proxyAddr(request, trust) ?? '';
}

/**
 * Says once in the log that somebody names addresses of clients without being believed. When that
 * is the operator’s own proxy, everybody behind it counts as one address, and a few wrong passwords
 * lock all out: easily overlooked until it happens.
 */
export function tellOfUnknownProxy(app: FastifyInstance): void {
  let told = false;
  app.addHook('onRequest', async (request) => {
    if (told || request.headers['x-forwarded-for'] === undefined) return;
    // Of a proxy that is believed, there is its own address and at least one that it names.
    if ((request.ips?.length ?? 1) > 1) return;
    told = true;
    request.log.warn(
      { from: request.ip },
      'a proxy names addresses of clients, but TRUSTED_PROXIES does not name it',
    );
  });
}
