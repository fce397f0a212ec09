import {
  type AccountId,
  ChangeRetentionBody,
  type ConversationId,
  ConversationRetention,
  ExpiredCount,
  ExpiredQuery,
  ServerExpiredQuery,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import { authorize, conversationType } from '../conversations/policy.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { commandRequest, headers, OfConversation } from '../messages/routes/requests.ts';
import { minimumRolesOf } from '../permissions/minimum-roles.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Append } from '../stream/append.ts';
import { changeRetention } from './commands.ts';
import { cutoffsOf } from './expire.ts';
import { cutoffOf } from './policy.ts';
import { countBefore, countExpired, retentionFor } from './queries.ts';

interface RetentionRoutesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly authenticate: onRequestAsyncHookHandler;
}

const tags = ['Retention'];

/** Registers the routes of message retention. */
export function retentionRoutes(instance: FastifyInstance, deps: RetentionRoutesDeps): void {
  getRetentionRoute(instance, deps);
  countExpiredRoute(instance, deps);
  changeRetentionRoute(instance, deps);
  countAllExpiredRoute(instance, deps);
}

/** Registers the route that returns the retention period of a conversation. */
function getRetentionRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: RetentionRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/retention',
    schema: {
      operationId: 'getRetention',
      tags,
      summary: 'Get the retention period of a conversation',
      description:
        'It may have changed after the events `conversation.updated` with `retention` and `server.updated`. ' +
        'Older messages are deleted, with the event `message.deleted` for each.',
      params: OfConversation,
      response: { 200: ConversationRetention, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) =>
      (await retentionFor(pool, sessionOf(request).account, request.params.id)) ??
      refuse('conversation_not_found'),
  });
}

/** Registers the route that counts the messages of a group that a period would delete. */
function countExpiredRoute(
  instance: FastifyInstance,
  { pool, clock, authenticate: onRequest }: RetentionRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/retention/expired',
    schema: {
      operationId: 'countExpiredMessages',
      tags,
      summary: 'Count the messages that a retention period would delete (owners)',
      params: OfConversation,
      querystring: ExpiredQuery,
      response: { 200: ExpiredCount, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      await permit(pool, sessionOf(request).account, id);
      const cutoff = new Date(cutoffOf(request.query.days, clock.now()));
      return await countBefore(pool, id, cutoff);
    },
  });
}

/** Registers the route that changes the retention period of a group. */
function changeRetentionRoute(
  instance: FastifyInstance,
  { pool, append, audit, authenticate: onRequest }: RetentionRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PUT',
    url: '/conversations/:id/retention',
    schema: {
      operationId: 'changeRetention',
      tags,
      summary: 'Change the retention period of a group (owners)',
      description:
        'Messages that are older are deleted in the background, with their files. This cannot be undone. Refused ' +
        'with `forbidden` if the settings of the server do not allow the period.',
      headers,
      params: OfConversation,
      body: ChangeRetentionBody,
      response: { 200: ConversationRetention, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      const r = commandRequest(request, id);
      const auditing = { log: audit, address: request.ip };
      storedOrRefuse(await changeRetention(append, r, request.body.retention, auditing));
      return (await retentionFor(pool, r.actor, id)) ?? refuse('no_longer_member');
    },
  });
}

/** Registers the route that counts the messages of the server that a period would delete. */
function countAllExpiredRoute(
  instance: FastifyInstance,
  { pool, clock, authenticate: onRequest }: RetentionRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/admin/retention/expired',
    schema: {
      operationId: 'countAllExpiredMessages',
      tags,
      summary: 'Count the messages that a retention period would delete on the whole server',
      querystring: ServerExpiredQuery,
      response: { 200: ExpiredCount, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async ({ query: { days, groupRetention } }) => {
      const settings = { messageRetentionDays: days ?? null, groupRetention };
      const now = clock.now();
      return await countExpired(pool, await cutoffsOf(pool, settings, now), now);
    },
  });
}

/** Rejects accounts that may not change how long the conversation keeps messages. */
async function permit(pool: pg.Pool, account: AccountId, id: ConversationId): Promise<void> {
  const asMember = (await conversationFor(pool, account, id)) ?? refuse('conversation_not_found');
  const minimumRoles = asMember.minimumRoles ?? minimumRolesOf(asMember.visibility, {});
  const type = conversationType(asMember);
  const verdict = authorize(asMember.actingRole, type, 'configure', minimumRoles);
  if (verdict !== 'yes') refuse(verdict);
}
