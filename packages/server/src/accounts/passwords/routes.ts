import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangePasswordBody,
  ForgotBody,
  ResetAuthorizeAnswer,
  ResetAuthorizeBody,
  ResetBody,
  refusal,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { type AttemptLimits, accountKey, addressKey } from '../attempts/attempt-limits.ts';
import { passwordHashOf } from '../users/queries.ts';
import type { PasswordChanges } from './password-changes.ts';
import { type Passwords, refuseOverload } from './passwords.ts';

interface PasswordRoutesDeps {
  readonly pool: pg.Pool;
  readonly passwords: Passwords;
  readonly passwordChanges: PasswordChanges;
  readonly limits: AttemptLimits;
  readonly audit: AuditLog;
  readonly authenticate: onRequestAsyncHookHandler;
}

const NOTHING = z.undefined().describe('Done');
/** Reset requests are answered after this time, regardless of the work they caused, ms. */
const FORGOT_MS = 150;

/** Registers the routes of password changes. */
export function passwordRoutes(instance: FastifyInstance, deps: PasswordRoutesDeps): void {
  resetRoutes(instance, deps);
  changePasswordRoute(instance, deps);
}

/** Registers the routes that send a link by email, check it, and reset the password with it. */
function resetRoutes(
  instance: FastifyInstance,
  { passwordChanges, limits }: PasswordRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/auth/forgot',
    schema: {
      operationId: 'forgotPassword',
      tags: ['Accounts'],
      summary: 'Request a password reset link',
      description: 'The response is the same whether the address has an account or not.',
      body: ForgotBody,
      response: { 202: z.object({}), ...problems(400, 422, 429) },
    },
    handler: async (request, reply) => {
      await limits.take('forgot', addressKey(request.ip));
      // The response time must not reveal whether an email was stored.
      await Promise.all([passwordChanges.forgot(request.body.email, request.ip), delay(FORGOT_MS)]);
      return reply.code(202).send({});
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/reset/authorize',
    schema: {
      operationId: 'authorizeReset',
      tags: ['Accounts'],
      summary: 'Check a password reset link',
      body: ResetAuthorizeBody,
      response: { 200: ResetAuthorizeAnswer, ...problems(400, 410, 422, 429) },
    },
    handler: async (request) => {
      await limits.take('codeFrom', addressKey(request.ip));
      const expiresAt = await passwordChanges.authorize(request.body.token);
      return { expiresAt: new Date(expiresAt).toISOString() };
    },
  });

  app.route({
    method: 'POST',
    url: '/auth/reset',
    schema: {
      operationId: 'resetPassword',
      tags: ['Accounts'],
      summary: 'Reset the password with a link; all sessions end',
      body: ResetBody,
      response: { 204: NOTHING, ...problems(400, 410, 422, 429, 503) },
    },
    handler: async (request, reply) => {
      await limits.take('codeFrom', addressKey(request.ip));
      const { token, password } = request.body;
      await passwordChanges.reset(token, password, request.ip);
      return reply.code(204).send();
    },
  });
}

/** Registers the route that lets users change their password. */
function changePasswordRoute(
  instance: FastifyInstance,
  { pool, passwordChanges, passwords, limits, audit, authenticate }: PasswordRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/password',
    schema: {
      operationId: 'changePassword',
      tags: ['Accounts'],
      summary: 'Change the password; all other sessions end',
      body: ChangePasswordBody,
      response: { 204: NOTHING, ...problems(400, 401, 403, 422, 429, 503) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      const { current, next } = request.body;
      // The limit of logins: a stolen session cannot guess faster than a login.
      const key = `${accountKey(account)} ${addressKey(request.ip)}`;
      await limits.take('wrongPassword', key);
      refuseOverload(passwords);
      if (!(await passwords.verify(await passwordHashOf(pool, account), current))) {
        await audit.record({
          event: 'reauthentication_failed',
          outcome: 'failed',
          account,
          address: request.ip,
        });
        const { code, message } = refusal('incorrect_password');
        refuse('incorrect_password', undefined, { errors: [{ field: 'current', code, message }] });
      }
      await limits.clear('wrongPassword', key);
      await passwordChanges.change(account, id, next, request.ip);
      return reply.code(204).send();
    },
  });
}
