import {
  Me,
  PasswordBody,
  ResendAnswer,
  refusal,
  SessionId,
  SessionsAnswer,
  UpdateMeBody,
  VerifyMeBody,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { RefusalError, refuse } from '../../http/errors.ts';
import { withTransaction } from '../../storage/database.ts';
import type { AccountDeps } from '../accounts.ts';
import { addressKey } from '../attempts/attempt-limits.ts';
import { confirmPerson } from '../logins/reauthentication.ts';
import { meOf } from './queries.ts';
import { updateOwn } from './update.ts';

const security = [{ accessToken: [] }];
const NOTHING = z.undefined().describe('Done');
const RECENT =
  'Requires a log-in or a call of `/me/reauthenticate` within the last ten minutes; otherwise ' +
  '`reauthentication_required`.';

/** Registers the routes of the caller’s own account: names, address, sessions. */
export function ownRoutes(instance: FastifyInstance, deps: AccountDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate, codes, emails, sessions, audit } = deps;

  app.route({
    method: 'GET',
    url: '/me',
    schema: {
      operationId: 'me',
      tags: ['Accounts'],
      summary: 'Get your account',
      security,
      response: { 200: Me, ...problems(401) },
    },
    onRequest: authenticate,
    handler: async (request) =>
      (await meOf(pool, sessionOf(request).account)) ?? refuse('session_ended'),
  });

  app.route({
    method: 'PATCH',
    url: '/me',
    schema: {
      operationId: 'updateMe',
      tags: ['Accounts'],
      summary: 'Update your names and phone number',
      description: 'Absent fields stay as they are; null removes a value.',
      security,
      body: UpdateMeBody,
      response: { 200: Me, ...problems(400, 401, 422) },
    },
    onRequest: authenticate,
    handler: async (request) => {
      const { account } = sessionOf(request);
      await updateOwn(pool, append, account, request.body);
      return (await meOf(pool, account)) ?? refuse('session_ended');
    },
  });

  app.route({
    method: 'POST',
    url: '/me/verification',
    schema: {
      operationId: 'sendMyCode',
      tags: ['Accounts'],
      summary: 'Send a code that verifies your email address',
      security,
      response: { 202: ResendAnswer, ...problems(401, 409, 429) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      if (me.verified) refuse('already_verified');
      let resendAfter: number;
      if (await codes.ofAccount(account)) {
        resendAfter = await codes.resend({ account }, addressKey(request.ip), async () => false);
      } else {
        const started = await withTransaction(pool, (client) =>
          codes.start({ purpose: 'verify', account, email: me.email, data: {} }, client),
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
      security,
      body: VerifyMeBody,
      response: { 204: NOTHING, ...problems(400, 401, 409, 410, 422, 429) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      if (me.verified) refuse('already_verified');
      const address = addressKey(request.ip);
      const opened = await codes.check({ account }, request.body.code, address).catch((error) => {
        // No ticket could have expired: no code is pending.
        if (!(error instanceof RefusalError) || error.refusal.code !== 'ticket_expired')
          throw error;
        throw new RefusalError(refusal('code_expired'));
      });
      if (!(await codes.verify(opened.id, account))) refuse('code_expired');
      await audit.record({ event: 'email_verified', account, address: request.ip });
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'GET',
    url: '/me/sessions',
    schema: {
      operationId: 'listMySessions',
      tags: ['Accounts'],
      summary: 'List your sessions, most recently used first',
      security,
      response: { 200: SessionsAnswer, ...problems(401) },
    },
    onRequest: authenticate,
    handler: async (request) => {
      const { account, id: current } = sessionOf(request);
      const items = (await sessions.list(account)).map((session) => ({
        ...session,
        createdAt: new Date(session.createdAt).toISOString(),
        lastUsedAt: new Date(session.lastUsedAt).toISOString(),
        current: session.id === current,
      }));
      return { items };
    },
  });

  app.route({
    method: 'DELETE',
    url: '/me/sessions/:id',
    schema: {
      operationId: 'endMySession',
      tags: ['Accounts'],
      summary: 'End one of your sessions',
      security,
      description: RECENT,
      params: z.object({ id: SessionId }),
      response: { 204: NOTHING, ...problems(401, 403, 404) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      if (request.params.id !== id) await sessions.requireRecent(id);
      if (!(await sessions.endOwn(account, request.params.id))) refuse('not_found');
      const details = { session: request.params.id };
      await audit.record({ event: 'session_ended', account, address: request.ip, details });
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'POST',
    url: '/me/sessions/end-others',
    schema: {
      operationId: 'endMyOtherSessions',
      tags: ['Accounts'],
      summary: 'End all your other sessions',
      description: RECENT,
      security,
      response: { 204: NOTHING, ...problems(401, 403) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      await sessions.requireRecent(id);
      const note = audit.note({ event: 'sessions_ended', account, address: request.ip });
      await sessions.endAll(account, { except: id, change: (client) => note.store(client) });
      note.tell();
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'POST',
    url: '/me/reauthenticate',
    schema: {
      operationId: 'reauthenticate',
      tags: ['Accounts'],
      summary: 'Confirm your password; counts as a log-in for ten minutes',
      description:
        'Required before ending sessions elsewhere or adding a second factor. Users without a ' +
        'password log in again.',
      security,
      body: PasswordBody,
      response: { 204: NOTHING, ...problems(400, 401, 403, 422, 429, 503) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      await confirmPerson(deps, request, request.body.password);
      return reply.code(204).send();
    },
  });
}
