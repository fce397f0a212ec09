import type { FastifyRequest } from 'fastify';
import { refuse } from './errors.ts';

/**
 * Where a browser may come from.
 *
 * 1. With PUBLIC_URL set, from its origin and no other.
 * 2. Without it, from the host that the request itself names (http, or https where a proxy adds it).
 * 3. The comparison is one of whole strings in the form in which browsers write origins (RFC 6454
 *    §6.1): a look-alike, another port, a trailing dot, a user name or a path is another string.
 * 4. A request without an Origin is not from a page of another site: browsers name the origin of
 *    every POST and of every socket. What such a request may do is decided by what it brings; see
 *    {@link refuseForeign}.
 */

/** A host with an optional port, as in the Host header; no user name, no path. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

/** Whether a browser at `origin` may talk to this server, which was asked for as `host`. */
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
 * For requests that log in, or that are authorised by the session cookie: refuses those which a
 * page of another site has made. (The cookie is SameSite=Strict besides.)
 *
 * A browser says where a POST comes from by Origin, and by Sec-Fetch-Site. Without an Origin, the
 * second must not speak of another site; programs send neither.
 *
 * @throws {RefusalError} origin_not_allowed
 */
export function refuseForeign(
  request: FastifyRequest,
  settings: { readonly publicUrl?: string | undefined },
): void {
  const { origin, host } = request.headers;
  if (!isAllowedOrigin(origin, host, settings)) refuse('origin_not_allowed');
  if (origin !== undefined) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') refuse('origin_not_allowed');
}
