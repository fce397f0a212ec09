import { LoginStep, PasskeyLoginBody, PasskeyLoginOptions, SessionAnswer } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { answerLogin, SessionHeader } from '../accounts/logins/login-response.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { type FactorDeps, loginAttempt, tags } from './login-requests.ts';
import { siteOf } from './site.ts';

/** Registers the routes of a login with a passkey, which replaces password and second factor. */
export function passkeyLoginRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { factors } = deps;
  const { logins, publicUrl } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/auth/passkey/options',
    schema: {
      operationId: 'passkeyOptions',
      tags,
      summary: 'Get the options for a login with a passkey',
      response: { 200: PasskeyLoginOptions, ...problems(403, 429) },
    },
    onRequest: loginAttempt(deps),
    handler: async (request) => {
      const site = siteOf(request, publicUrl);
      const options = await factors.passkeys.optionsToShow('passkey_login', null, site);
      return { challengeId: options.challenge, options };
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/passkey',
    schema: {
      operationId: 'loginWithPasskey',
      tags,
      summary: 'Log in with a passkey, which replaces password and second factor',
      headers: SessionHeader,
      body: PasskeyLoginBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(401, 403, 422, 429) },
    },
    onRequest: loginAttempt(deps),
    handler: async (request, reply) => {
      const { response, device } = request.body;
      const site = siteOf(request, publicUrl);
      const verified = await factors.passkeys.verify('passkey_login', response, site);
      if (!verified) {
        await logins.failed(request.ip, 'passkey', null);
        refuse('invalid_credentials', 'Unknown passkey');
      }
      return answerLogin(deps.accounts, request, reply, {
        ...verified,
        passed: ['passkey'],
        device,
      });
    },
  });
}
