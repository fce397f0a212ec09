import type { FastifyRequest } from 'fastify';
import { addressKey } from '../accounts/attempts/attempt-limits.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { refuseCrossSite } from '../http/origin.ts';
import type { SecondFactors } from './factors.ts';

/** What the login routes of second factors and passkeys have in common. */

/** What the routes of second factors share, those of a login and those of the user’s own account. */
export interface FactorDeps {
  readonly accounts: AccountParts;
  readonly factors: SecondFactors;
  /** The server’s public address, known once it listens. */
  readonly server: () => string;
}

/** The tags of these routes in the API description. */
export const tags = ['Accounts'];

/**
 * Returns a hook that rejects requests from foreign pages, and counts each request as an attempt to
 * log in from its address.
 */
export function loginAttempt({
  accounts: { limits, publicUrl },
}: FactorDeps): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    refuseCrossSite(request, { publicUrl });
    await limits.take('login', addressKey(request.ip));
  };
}
