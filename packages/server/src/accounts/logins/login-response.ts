import type { LoginStep, SessionAnswer } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bearerOf } from '../../http/authenticate.ts';
import type { Proof } from '../sessions/proof.ts';
import type { SessionCookie } from '../sessions/session-cookie.ts';
import type { DeviceCookie } from './device-cookie.ts';
import type { Logins } from './logins.ts';

/** The header with which a client without cookies requests the session token. */
export const SessionHeader = z.object({
  'parley-session': z
    .enum(['token'])
    .optional()
    .describe('`token`: the response contains the session token, and no cookie is set'),
});

/** What every route that can complete a login needs: it ends in a session, a cookie or the next step. */
export interface LoginResponseDeps {
  readonly logins: Logins;
  readonly cookie: SessionCookie;
  readonly devices: DeviceCookie;
}

/**
 * Finishes a login and answers the request: with the remaining step (202), or with the session, as a
 * cookie or, with `Parley-Session: token`, in the response.
 *
 * @throws {RefusalError} see {@link Logins.finish}
 */
export async function answerLogin(
  { logins, cookie, devices }: LoginResponseDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: Proof,
  { status = 200 }: { status?: number } = {},
): Promise<SessionAnswer | LoginStep> {
  const result = await logins.finish(proof, {
    address: request.ip,
    userAgent: request.headers['user-agent'],
    // A new login in the same browser replaces its previous session.
    previous: bearerOf(request) === undefined ? cookie.read(request) : undefined,
  });
  if ('step' in result) {
    reply.code(202);
    return result.step;
  }
  const { session, me, access } = result;
  reply.code(status);
  if (request.headers['parley-session'] === 'token') {
    return { me, sessionToken: session.token, ...access };
  }
  cookie.set(request, reply, session.token, session.expiresAt);
  devices.remember(request, reply, proof.account);
  return { me, ...access };
}
