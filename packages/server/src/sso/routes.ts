import type { FastifyInstance } from 'fastify';
import { callbackRoute } from './callback-route.ts';
import type { SsoDeps } from './requests.ts';
import { prepareRoute, startRoute } from './start-routes.ts';

/**
 * Registers the routes of single sign-on.
 *
 * 1. The provider’s answer is accepted once, and only from the browser that started the login: it
 *    holds the ticket in a cookie.
 * 2. The browser ends up on a path of this server, regardless of `next`.
 * 3. It ends like any login: with the remaining steps of the account (a second factor).
 * 4. The result carries the value that the page gave at the start (`tab`): a page ignores the
 *    result of a login that it did not start, so a link cannot log a user in to another account.
 */
export function ssoRoutes(instance: FastifyInstance, deps: SsoDeps): void {
  startRoute(instance, deps);
  prepareRoute(instance, deps);
  callbackRoute(instance, deps);
}
