import type { FastifyInstance } from 'fastify';
import { enrollmentRoutes } from './enrollment-routes.ts';
import type { FactorDeps } from './login-requests.ts';
import { passkeyLoginRoutes } from './passkey-login-routes.ts';
import { secondFactorRoutes } from './second-factor-routes.ts';

/**
 * Registers the routes of the second login step, of enrollment where it is required, and of passkey
 * login, in the order of the API description.
 */
export function factorLoginRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  secondFactorRoutes(instance, deps);
  enrollmentRoutes(instance, deps);
  passkeyLoginRoutes(instance, deps);
}
