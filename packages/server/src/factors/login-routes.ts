import {
  LoginStep,
  PasskeyLoginBody,
  PasskeyLoginOptions,
  PasskeyOptions,
  type RecoveryCodes,
  SecondFactorBody,
  SessionAnswer,
  TicketBody,
  TicketCodeBody,
  TotpSetup,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addressKey } from '../accounts/attempts/attempt-limits.ts';
import { answerLogin, SessionHeader } from '../accounts/logins/login-response.ts';
import type { AccountParts } from '../accounts/parts.ts';
import type { Factor, Proof } from '../accounts/sessions/proof.ts';
import { meOf } from '../accounts/users/queries.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { refuseForeign } from '../http/origin.ts';
import type { SecondFactors } from './factors.ts';
import { STEP } from './login-step.ts';
import { siteOf } from './site.ts';

/** The dependencies of the routes of second factors. */
export interface FactorDeps {
  readonly accounts: AccountParts;
  readonly factors: SecondFactors;
  /** The server’s public address, known once it listens. */
  readonly server: () => string;
}

const tags = ['Accounts'];
/** The recovery codes are returned with the session, this once. */
const EnrolledAnswer = SessionAnswer.extend({ recoveryCodes: z.array(z.string()) });

/**
 * Registers the routes of the second log-in step, of enrollment where it is required, and of passkey
 * log-in.
 */
export function factorLoginRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { factors, server } = deps;
  const { pool, logins, limits, publicUrl } = deps.accounts;

  const onRequest = async (request: FastifyRequest): Promise<void> => {
    refuseForeign(request, { publicUrl });
    await limits.take('login', addressKey(request.ip));
  };

  app.route({
    method: 'POST',
    url: '/auth/second-factor',
    schema: {
      operationId: 'secondFactor',
      tags,
      summary: 'Complete a log-in with the second factor',
      description: 'The ticket is part of the log-in response. TOTP and recovery codes work once.',
      security: [],
      headers: SessionHeader,
      body: SecondFactorBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(401, 403, 410, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { ticket } = request.body;
      const proof = await logins.resume('attempt', STEP.second, ticket);
      const passed = await check(request, proof, request.body);
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
      security: [],
      body: TicketBody,
      response: { 200: PasskeyOptions, ...problems(403, 410, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      const { account } = await logins.resume('look', STEP.second, request.body.ticket);
      return factors.passkeys.optionsToShow('passkey_second', account, siteOf(request, publicUrl));
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/enrol/totp',
    schema: {
      operationId: 'enrolTotp',
      tags,
      summary: 'Set up an authenticator app during log-in, where one is required',
      security: [],
      body: TicketBody,
      response: { 200: TotpSetup, ...problems(403, 410, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      const { account } = await logins.resume('look', STEP.enrol, request.body.ticket);
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
      security: [],
      headers: SessionHeader,
      body: TicketCodeBody,
      response: { 200: EnrolledAnswer, 202: LoginStep, ...problems(403, 410, 422, 429) },
    },
    onRequest,
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

  app.route({
    method: 'POST',
    url: '/auth/passkey/options',
    schema: {
      operationId: 'passkeyOptions',
      tags,
      summary: 'Get the options for a log-in with a passkey',
      security: [],
      response: { 200: PasskeyLoginOptions, ...problems(403, 429) },
    },
    onRequest,
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
      security: [],
      headers: SessionHeader,
      body: PasskeyLoginBody,
      response: { 200: SessionAnswer, 202: LoginStep, ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { response, device } = request.body;
      const site = siteOf(request, publicUrl);
      const found = await factors.passkeys.verify('passkey_login', response, site);
      if (!found) {
        await logins.failed(request.ip, 'passkey', null);
        refuse('invalid_credentials', 'Unknown passkey');
      }
      return answerLogin(deps.accounts, request, reply, { ...found, passed: ['passkey'], device });
    },
  });

  /** Returns which factor was used, or null when it is wrong. */
  async function check(
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
    const found = await factors.passkeys.verify('passkey_second', passkey, site);
    return found?.account === account ? 'passkey' : null;
  }
}
