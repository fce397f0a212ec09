import {
  LoginStep,
  type RecoveryCodes,
  SessionAnswer,
  TicketBody,
  TicketCodeBody,
  TotpSetup,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answerLogin, SessionHeader } from '../accounts/logins/login-response.ts';
import type { Factor } from '../accounts/sessions/proof.ts';
import { meOf } from '../accounts/users/queries.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { type FactorDeps, loginAttempt, tags } from './login-requests.ts';
import { STEP } from './login-step.ts';

/** The recovery codes are returned with the session, this once. */
const EnrolledAnswer = SessionAnswer.extend({ recoveryCodes: z.array(z.string()) });

/** Registers the routes that let users set up an authenticator app during login, where one is required. */
export function enrollmentRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { factors, server } = deps;
  const { pool, logins } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/auth/enrol/totp',
    schema: {
      operationId: 'enrolTotp',
      tags,
      summary: 'Set up an authenticator app during login, where one is required',
      body: TicketBody,
      response: { 200: TotpSetup, ...problems(403, 410, 422, 429) },
    },
    onRequest: loginAttempt(deps),
    handler: async (request) => {
      const { account } = await logins.resume('peek', STEP.enrol, request.body.ticket);
      const me = await meOf(pool, account);
      const names = { issuer: new URL(server()).host, label: me?.username ?? account };
      return (await factors.totps.setUp(account, names)) ?? refuse('ticket_expired');
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/enrol/totp/confirm',
    schema: {
      operationId: 'confirmEnrolTotp',
      tags,
      summary: 'Confirm the authenticator app; returns recovery codes once',
      headers: SessionHeader,
      body: TicketCodeBody,
      response: { 200: EnrolledAnswer, 202: LoginStep, ...problems(403, 410, 422, 429) },
    },
    onRequest: loginAttempt(deps),
    handler: async (request, reply) => {
      const { ticket, code } = request.body;
      const proof = await logins.resume('attempt', STEP.enrol, ticket);
      const codes: { list: RecoveryCodes['recoveryCodes'] | null } = { list: null };
      const right = await factors.guess(proof.account, async () => {
        codes.list = await factors.confirmTotp(proof.account, code, request.ip);
        return codes.list !== null;
      });
      if (!right || !codes.list) refuse('incorrect_code');
      await logins.resume('redeem', STEP.enrol, ticket);
      const passed: Factor[] = [...proof.passed, 'totp'];
      const answer = await answerLogin(deps.accounts, request, reply, { ...proof, passed });
      return 'me' in answer ? { ...answer, recoveryCodes: codes.list } : answer;
    },
  });
}
