import type { AccountId } from '@parley/protocol';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { sessionOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import type { LinkHolder } from './links.ts';

/** What {@link linkAdmission} checks before it admits a request. */
export interface LinkAdmissionDeps {
  readonly authenticate: onRequestAsyncHookHandler;
  /** Returns whether a session still exists. */
  isAlive(holder: LinkHolder): Promise<boolean>;
  /** Counts a request of an account. Returns the seconds to wait if there were too many; null otherwise. */
  limitRequests(of: { account: AccountId }): number | null;
}

/** Authenticates requests to routes that browsers load by URL. */
export interface LinkAdmission {
  readonly onRequest: onRequestAsyncHookHandler;
  /** Returns who sent a request that was admitted. */
  holderOf(request: FastifyRequest): LinkHolder;
}

/**
 * Admits the holder of the token in the URL while its session exists, or an account with an access
 * token. `read` returns the holder of a token; null if it is not valid for this request.
 */
export function linkAdmission(
  { authenticate, isAlive, limitRequests }: LinkAdmissionDeps,
  read: (token: string, request: FastifyRequest) => LinkHolder | null,
): LinkAdmission {
  const holders = new WeakMap<FastifyRequest, LinkHolder>();
  return {
    async onRequest(request, reply) {
      const { token } = request.query as { token?: unknown };
      if (typeof token !== 'string') return authenticate.call(this, request, reply);
      const holder = read(token, request);
      if (!holder) refuse('link_expired');
      const retryAfter = limitRequests({ account: holder.account });
      if (retryAfter !== null) refuse('rate_limited', undefined, { retryAfter });
      if (!(await isAlive(holder))) refuse('link_expired');
      holders.set(request, holder);
    },
    holderOf(request) {
      const admitted = holders.get(request);
      if (admitted) return admitted;
      const { account, id: session } = sessionOf(request);
      return { account, session };
    },
  };
}
