import type { FastifyRequest } from 'fastify';
import type { Site } from './passkeys.ts';

/**
 * The site that passkeys belong to: that of PUBLIC_URL, or without it of the address that the
 * request was made to. What a browser signs names its own origin, so that a passkey made for one
 * address is worth nothing at another.
 */
export function siteOf(request: FastifyRequest, publicUrl: string | undefined): Site {
  const origin = publicUrl ?? `${request.protocol}://${request.host}`;
  return { rpId: publicUrl ? new URL(publicUrl).hostname : request.hostname, origin };
}
