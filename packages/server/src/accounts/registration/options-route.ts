import { AuthOptions, LIMITS } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import type { Config } from '../../config/config.ts';
import type { Emails } from '../../email/emails.ts';
import { problems } from '../../http/describe.ts';
import type { ServerSettings } from '../../settings/server-settings.ts';
import { findConflicts } from '../users/queries.ts';
import type { Registrations } from './registrations.ts';

/** What decides which ways to log in and register are offered. */
export interface AuthOptionsDeps {
  readonly pool: pg.Pool;
  readonly registrations: Registrations;
  readonly emails: Emails;
  readonly config: Pick<Config, 'oidcIssuer' | 'oidcName'>;
  readonly settings: ServerSettings;
}

/** Registers the route that tells clients how users can log in and register. */
export function authOptionsRoute(
  instance: FastifyInstance,
  { pool, registrations, emails, config, settings }: AuthOptionsDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/auth/options',
    schema: {
      operationId: 'authOptions',
      tags: ['Accounts'],
      summary: 'Get the login and registration options',
      response: { 200: AuthOptions, ...problems(503) },
    },
    handler: async () => {
      const { name, icon, registration } = await settings.load();
      const { isFirstAccount } = await findConflicts(pool, null, null);
      return {
        name,
        icon,
        // The first account can be created in any mode, so clients have to offer it.
        registration: isFirstAccount ? 'open' : registration.mode,
        domains: registration.domains,
        verification: registrations.verifies,
        email: emails.kind,
        sso: config.oidcIssuer === undefined ? [] : [{ id: 'oidc', name: config.oidcName }],
        passwordMin: LIMITS.passwordMin,
      };
    },
  });
}
