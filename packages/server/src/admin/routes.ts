import type { FastifyInstance } from 'fastify';
import { type AccessDeps, accountSecurityRoutes, suspensionRoutes } from './access-routes.ts';
import { type AccountRoutesDeps, accountRoutes } from './account-routes.ts';
import { type ServerRoutesDeps, serverRoutes } from './server-routes.ts';

type AdminDeps = AccountRoutesDeps & AccessDeps & ServerRoutesDeps;

/** Registers the routes that let admins manage accounts and read the environment of the server. */
export function adminRoutes(instance: FastifyInstance, deps: AdminDeps): void {
  accountRoutes(instance, deps);
  suspensionRoutes(instance, deps);
  accountSecurityRoutes(instance, deps);
  serverRoutes(instance, deps);
}
