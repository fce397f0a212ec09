import type { FastifyRequest } from 'fastify';
import type { Site } from './passkeys.ts';

/**
 * Returns the site that passkeys belong to: the one of PUBLIC_URL, or without it of the address
 * that the request was sent to. A browser signs its own origin, so a passkey created for one
 * address does not work at another.
 */
export function siteOf(request: FastifyRequest, publicUrl: string | undefined): Site {
  const origin = publicUrl ?? `${request.protocol}://${request.host}`;
  return { rpId: publicUrl ? new URL(publicUrl).hostname : request.hostname, origin };
}
