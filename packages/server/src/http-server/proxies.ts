import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import type { FastifyInstance } from 'fastify';

/**
 * Returns a function that gets the client address of a request that bypasses Fastify (an upgrade). It
 * trusts forwarded addresses of these proxies, like Fastify.
 */
export function clientAddress(
  trustedProxies: readonly string[],
): (request: IncomingMessage) => string {
  const trust = proxyAddr.compile([...trustedProxies]);
  return (request) => proxyAddr(request, trust) ?? '';
}

/** Returns a function that says whether an address is that of one of these proxies. */
export function trustedProxy(trustedProxies: readonly string[]): (address: string) => boolean {
  const trust = proxyAddr.compile([...trustedProxies]);
  return (address) => trust(address, 0);
}

/**
 * Logs once that an untrusted peer sends X-Forwarded-For. If it is the operator’s own proxy, all
 * clients behind it count as one address, and a few wrong passwords lock all of them out.
 */
export function warnOfUntrustedProxy(app: FastifyInstance): void {
  let warned = false;
  app.addHook('onRequest', async (request) => {
    if (warned || request.headers['x-forwarded-for'] === undefined) return;
    // For a trusted proxy, `ips` has its own address and at least one forwarded address.
    if ((request.ips?.length ?? 1) > 1) return;
    warned = true;
    request.log.warn({ from: request.ip }, 'X-Forwarded-For from an untrusted proxy ignored');
  });
}
