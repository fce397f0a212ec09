import {
  LoginStep,
  PasskeyOptions,
  SecondFactorBody,
  SessionAnswer,
  TicketBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { answerLogin, SessionHeader } from '../accounts/logins/login-response.ts';
import type { Factor, Proof } from '../accounts/sessions/proof.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { type FactorDeps, loginAttempt, tags } from './login-requests.ts';
import { STEP } from './login-step.ts';
import { siteOf } from './site.ts';

/** Registers the routes of the second login step. */
export function secondFactorRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { logins, publicUrl } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/auth/second-factor',
    schema: {
      operationId: 'secondFactor',
      tags,
      summary: 'Complete a login with the second factor',
      description:
        '`ticket` is from the login response, whose `methods` list what the account can use: `totp` (a code from the authenticator app), `recovery` (send it as `recoveryCode`) or `passkey`. Each code works once.',
      headers: SessionHeader,
      body: SecondFactorBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(401, 403, 410, 422, 429) },
    },
    onRequest: loginAttempt(deps),
    handler: async (request, reply) => {
      const { ticket } = request.body;
      const proof = await logins.resume('attempt', STEP.second, ticket);
      const passed = await usedFactor(deps, request, proof, request.body);
      if (!passed) {
        await logins.failed(request.ip, 'second factor', proof.account);
        refuse('incorrect_code');
      }
      await logins.resume('redeem', STEP.second, ticket);
      return answerLogin(deps.accounts, request, reply, {
        ...proof,
        passed: [...proof.passed, passed],
      });
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/second-factor/passkey-options',
    schema: {
      operationId: 'secondFactorPasskeyOptions',
      tags,
      summary: 'Get the options for a passkey as the second factor',
      body: TicketBody,
      response: { 200: PasskeyOptions, ...problems(403, 410, 422, 429) },
    },
    onRequest: loginAttempt(deps),
    handler: async (request) => {
      const { account } = await logins.resume('peek', STEP.second, request.body.ticket);
      return deps.factors.passkeys.optionsToShow(
        'passkey_second',
        account,
        siteOf(request, publicUrl),
      );
    },
  });
}

/** Returns which factor the body proves, or null when it is wrong. */
async function usedFactor(
  { factors, accounts: { publicUrl } }: FactorDeps,
  request: FastifyRequest,
  { account }: Proof,
  { totp, recoveryCode, passkey }: z.output<typeof SecondFactorBody>,
): Promise<Factor | null> {
  if (totp !== undefined) {
    return (await factors.guess(account, () => factors.totps.verify(account, totp)))
      ? 'totp'
      : null;
  }
  if (recoveryCode !== undefined) {
    const use = () => factors.recovery.use(account, recoveryCode);
    return (await factors.guess(account, use)) ? 'recovery' : null;
  }
  if (passkey === undefined) return null;
  const site = siteOf(request, publicUrl);
  const verified = await factors.passkeys.verify('passkey_second', passkey, site);
  return verified?.account === account ? 'passkey' : null;
}
