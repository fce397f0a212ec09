import { SecondFactors } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import type { FactorDeps } from './login-requests.ts';
import { tags } from './own-factor-requests.ts';
import { passkeyRoutes } from './passkey-routes.ts';
import { recoveryRoutes } from './recovery-routes.ts';
import { totpRoutes } from './totp-routes.ts';

/** Registers the routes of the user’s own second factors, in the order of the API description. */
export function ownFactorRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  secondFactorsRoute(instance, deps);
  totpRoutes(instance, deps);
  recoveryRoutes(instance, deps);
  passkeyRoutes(instance, deps);
}

/** Registers the route that lists the user’s second factors. */
function secondFactorsRoute(instance: FastifyInstance, { accounts, factors }: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/second-factor',
    schema: {
      operationId: 'mySecondFactors',
      tags,
      summary: 'Get your second factors',
      response: { 200: SecondFactors, ...problems(401, 403) },
    },
    onRequest: accounts.authenticate,
    handler: async (request) => {
      const { account, role } = sessionOf(request);
      const { totp, recoveryCodesLeft } = await factors.of(account);
      const passkeys = await factors.passkeys.list(account);
      return { totp, passkeys, recoveryCodesLeft, required: factors.isRequired(role) };
    },
  });
}
