import type { AccountId, AccountRole, Refusal, Scope, SessionId } from '@parley/protocol';
import type { onRequestAsyncHookHandler } from 'fastify';
import { refusalOfAccess } from './access.ts';
import { RefusalError, refuse } from './errors.ts';

/** Somebody who is logged in, or a program with a key. */
export interface Session {
  /** Of the session; or of the key, which is as good as a session until it is taken back. */
  readonly id: SessionId;
  readonly account: AccountId;
  /** As it is now, not as it was when the token was made. */
  readonly role: AccountRole;
  /** What a key may be used for; people may use everything. */
  readonly scopes?: ReadonlySet<Scope>;
}

const sessions = new WeakMap<object, Session>();

/**
 * Who makes a request.
 * @throws where the route does not authenticate, which is a mistake of the route
 */
export function sessionOf(request: object): Session {
  const session = sessions.get(request);
  if (!session) throw new Error('The session of a request whose route does not authenticate');
  return session;
}

/** Who makes a request; undefined on routes that anybody may ask. */
export const knownSessionOf = (request: object): Session | undefined => sessions.get(request);

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1); undefined without one. */
export function bearerOf(request: {
  readonly headers: { readonly authorization?: string | undefined };
}): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * A route’s `onRequest` handler that lets in only those with a good access token or key, whom the
 * table of access.ts lets in; it runs before the body is read. A cookie counts for nothing here, so
 * no page of another site can make a browser do anything.
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
    // Known from here on, also to whoever notes that it was refused.
    sessions.set(request, identified.session);
    const refused = refusalOfAccess(operationId, identified.session);
    if (refused) throw new RefusalError(refused);
  };
}
