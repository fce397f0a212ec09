import { ChangeEmailBody, ResendAnswer, VerifyMeBody } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { addressKey } from '../attempts/attempt-limits.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { meOf } from '../users/queries.ts';
import type { EmailCodes } from '../verification/email-codes.ts';
import type { AddressChanges } from './address-changes.ts';

interface AddressChangeRoutesDeps {
  readonly pool: pg.Pool;
  readonly codes: EmailCodes;
  readonly addressChanges: AddressChanges;
  readonly sessions: Sessions;
  readonly authenticate: onRequestAsyncHookHandler;
}

const NOTHING = z.undefined().describe('Done');

/** Registers the routes with which users change their own email address. */
export function addressChangeRoutes(
  instance: FastifyInstance,
  { pool, codes, addressChanges, sessions, authenticate }: AddressChangeRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/email',
    schema: {
      operationId: 'requestEmailChange',
      tags: ['Accounts'],
      summary: 'Send a code to the email address that you change to',
      description:
        'Requires a recent login. Your address stays the same until you confirm the new one with the code.',
      body: ChangeEmailBody,
      response: { 202: ResendAnswer, ...problems(400, 401, 403, 409, 422, 429) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      await sessions.requireRecent(id);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      const resendAfter = await addressChanges.request(me, request.body.email, request.ip);
      return reply.code(202).send({ resendAfter });
    },
  });

  app.route({
    method: 'POST',
    url: '/me/email/confirm',
    schema: {
      operationId: 'confirmEmailChange',
      tags: ['Accounts'],
      summary: 'Change your email address with the code that was sent to the new one',
      description:
        'The previous address gets a notice, and codes and links that were sent to it stop working.',
      body: VerifyMeBody,
      response: { 204: NOTHING, ...problems(400, 401, 409, 410, 422, 429) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const key = { account, purpose: 'change' } as const;
      const code = await codes.checkOwn(key, request.body.code, addressKey(request.ip));
      await addressChanges.confirm(account, code, request.ip);
      return reply.code(204).send();
    },
  });
}
