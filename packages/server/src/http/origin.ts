import type { FastifyRequest } from 'fastify';
import { refuse } from './errors.ts';

/**
 * Decides which origins may send browser requests.
 *
 * 1. With PUBLIC_URL, only its origin.
 * 2. Without it, the host of the request itself (http, or https behind a proxy).
 * 3. Origins are compared as whole strings in the form that browsers send (RFC 6454 §6.1): a similar
 *    name, another port, a trailing dot, a user name or a path does not match.
 * 4. A request without an Origin is not from a page of another site, because browsers send it with
 *    every POST and WebSocket. Its credentials decide what it may do; see {@link refuseCrossSite}.
 */

/** A host with an optional port, as in the Host header. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

/** Returns whether a request with these Origin and Host headers is allowed. */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  { publicUrl }: { readonly publicUrl?: string | undefined },
): boolean {
  if (origin === undefined) return true;
  if (publicUrl !== undefined) return origin === publicUrl;
  const own = host?.toLowerCase();
  if (own === undefined || !HOST.test(own)) return false;
  return origin === `http://${own}` || origin === `https://${own}`;
}

/**
 * Rejects requests of other sites’ pages, for routes that log in or accept the session cookie. (The
 * cookie is also SameSite=Strict.)
 *
 * Browsers send the origin of a POST in Origin and in Sec-Fetch-Site. Without an Origin, the second
 * must not be cross-site; other clients send neither.
 *
 * @throws {RefusalError} origin_not_allowed
 */
export function refuseCrossSite(
  request: FastifyRequest,
  settings: { readonly publicUrl?: string | undefined },
): void {
  const { origin, host } = request.headers;
  if (!isAllowedOrigin(origin, host, settings)) refuse('origin_not_allowed');
  if (origin !== undefined) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') refuse('origin_not_allowed');
}
