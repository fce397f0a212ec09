import type { AccountId, AccountRole, Refusal, Scope, SessionId } from '@parley/protocol';
import type { onRequestAsyncHookHandler } from 'fastify';
import { refusalOfAccess } from './access.ts';
import { RefusalError, refuse } from './errors.ts';

/** The session of a user, or an API key. */
export interface Session {
  /** The id of the session, or of the API key, which acts as a session until it is revoked. */
  readonly id: SessionId;
  readonly account: AccountId;
  /** The current role, not the one when the token was created. */
  readonly role: AccountRole;
  /** The scopes of an API key; undefined for users. */
  readonly scopes?: ReadonlySet<Scope>;
}

const sessions = new WeakMap<object, Session>();

/**
 * Returns the session of a request.
 * @throws if the route does not authenticate, which is a bug of the route
 */
export function sessionOf(request: object): Session {
  const session = sessions.get(request);
  if (!session) throw new Error('The route of this request does not authenticate');
  return session;
}

/** Returns the session of a request; undefined on routes without authentication. */
export const knownSessionOf = (request: object): Session | undefined => sessions.get(request);

/** Returns the token of `Authorization: Bearer …` (RFC 6750 §2.1); undefined without one. */
export function bearerOf(request: {
  readonly headers: { readonly authorization?: string | undefined };
}): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * Returns an `onRequest` handler that admits only callers with a valid access token or API key that
 * the table in access.ts admits. It runs before the body is read. Cookies are ignored, so that a
 * page of another site cannot act through a browser.
 */
export function authenticator(
  identify: (token: string) => Promise<{ session: Session } | { refusal: Refusal }>,
): onRequestAsyncHookHandler {
  return async (request) => {
    const token = bearerOf(request);
    if (token === undefined) refuse('unauthenticated');
    const identified = await identify(token);
    if ('refusal' in identified) throw new RefusalError(identified.refusal);
    const { operationId } = (request.routeOptions.schema ?? {}) as { operationId?: string };
    // Set before the check, because the audit log needs it for rejected requests.
    sessions.set(request, identified.session);
    const refused = refusalOfAccess(operationId, identified.session);
    if (refused) throw new RefusalError(refused);
  };
}
