import { ResendAnswer, VerifyMeBody } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Emails } from '../../email/emails.ts';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { withTransaction } from '../../storage/database.ts';
import { addressKey } from '../attempts/attempt-limits.ts';
import { meOf } from '../users/queries.ts';
import type { EmailCodes } from './email-codes.ts';

interface VerificationRoutesDeps {
  readonly pool: pg.Pool;
  readonly codes: EmailCodes;
  readonly emails: Emails;
  readonly audit: AuditLog;
  readonly authenticate: onRequestAsyncHookHandler;
}

const NOTHING = z.undefined().describe('Done');

/** Registers the routes that let users verify their address after the login. */
export function verificationRoutes(instance: FastifyInstance, deps: VerificationRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, codes, emails, audit, authenticate } = deps;

  app.route({
    method: 'POST',
    url: '/me/verification',
    schema: {
      operationId: 'sendMyCode',
      tags: ['Accounts'],
      summary: 'Send a code that verifies your email address',
      description: 'Also confirms a verified address to which emails could not be delivered.',
      response: { 202: ResendAnswer, ...problems(401, 409, 429) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      if (me.verified && me.emailFailure === null) refuse('already_verified');
      let resendAfter: number;
      if (await codes.ofAccount(account, 'verify')) {
        const key = { account, purpose: 'verify' } as const;
        resendAfter = await codes.resend(key, addressKey(request.ip), async () => false);
      } else {
        const started = await withTransaction(pool, (client) =>
          codes.start(
            { purpose: 'verify', account, email: me.email, locale: me.locale, data: {} },
            client,
          ),
        );
        emails.wake();
        ({ resendAfter } = started);
      }
      return reply.code(202).send({ resendAfter });
    },
  });

  app.route({
    method: 'POST',
    url: '/me/verify',
    schema: {
      operationId: 'verifyMe',
      tags: ['Accounts'],
      summary: 'Verify your email address with a code',
      body: VerifyMeBody,
      response: { 204: NOTHING, ...problems(400, 401, 409, 410, 422, 429) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      if (me.verified && me.emailFailure === null) refuse('already_verified');
      const key = { account, purpose: 'verify' } as const;
      const opened = await codes.checkOwn(key, request.body.code, addressKey(request.ip));
      if (!(await codes.verify(opened.id, account))) refuse('code_expired');
      await audit.record({ event: 'email_verified', account, address: request.ip });
      return reply.code(204).send();
    },
  });
}
