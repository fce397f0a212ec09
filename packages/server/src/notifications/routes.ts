import {
  ChangedOverride,
  ConversationId,
  NotificationSettingsAnswer,
  SeqText,
  UpdateNotificationsBody,
  UpdateOverrideBody,
  WhyNotified,
  WhyNotifiedQuery,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { Append } from '../stream/append.ts';
import { changeOverride, changeSettings, type OverrideScope } from './commands.ts';
import { overrideOf, settingsOf } from './queries.ts';
import { whyNotified } from './why.ts';

interface NotificationDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly authenticate: onRequestAsyncHookHandler;
}

const tags = ['Notifications'];
const OfConversation = z.object({ id: ConversationId });
const OfThread = z.object({ id: ConversationId, seq: SeqText });

/** Registers the routes of the user’s own notification settings. */
export function notificationRoutes(instance: FastifyInstance, deps: NotificationDeps): void {
  generalSettingsRoutes(instance, deps);
  overrideRoutes(instance, deps);
  whyNotifiedRoute(instance, deps);
}

/** Registers the routes of the general notification settings. */
function generalSettingsRoutes(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: NotificationDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/notifications',
    schema: {
      operationId: 'getNotificationSettings',
      tags,
      summary: 'Get your notification settings',
      description:
        'Returns the general settings, and those of conversations and threads, the latest first.',
      response: { 200: NotificationSettingsAnswer, ...problems(401) },
    },
    onRequest,
    handler: (request) => settingsOf(pool, sessionOf(request).account),
  });

  app.route({
    method: 'PATCH',
    url: '/me/notifications',
    schema: {
      operationId: 'updateNotificationSettings',
      tags,
      summary: 'Change your general notification settings',
      description:
        'Absent fields are unchanged. All your devices receive the event `notifications.changed` on your personal stream.',
      headers: IdempotencyHeader,
      body: UpdateNotificationsBody,
      response: { 200: NotificationSettingsAnswer, ...problems(401, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const requester = requesterOf(request);
      storedOrRefuse(await changeSettings(append, requester, request.body));
      return await settingsOf(pool, requester.actor);
    },
  });
}

/** Registers the routes of the settings for a conversation or thread. */
function overrideRoutes(instance: FastifyInstance, deps: NotificationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { authenticate: onRequest } = deps;

  app.route({
    method: 'PATCH',
    url: '/me/notifications/conversations/:id',
    schema: {
      operationId: 'changeConversationNotifications',
      tags,
      summary: 'Change your notification settings of a conversation',
      description:
        'Absent fields are unchanged; null removes a value. A mute also applies to mentions and direct messages, unless your general settings say otherwise.',
      headers: IdempotencyHeader,
      params: OfConversation,
      body: UpdateOverrideBody,
      response: { 200: ChangedOverride, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: (request) =>
      overrideAfter(deps, request, { conversation: request.params.id, thread: null }, request.body),
  });

  app.route({
    method: 'PATCH',
    url: '/me/notifications/conversations/:id/threads/:seq',
    schema: {
      operationId: 'changeThreadNotifications',
      tags,
      summary: 'Change your notification settings of a thread',
      description: 'The thread is identified by the message under which it is.',
      headers: IdempotencyHeader,
      params: OfThread,
      body: UpdateOverrideBody,
      response: { 200: ChangedOverride, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: (request) => {
      const { id: conversation, seq: thread } = request.params;
      return overrideAfter(deps, request, { conversation, thread }, request.body);
    },
  });
}

/** Registers the route that says why the account was, or wasn’t, notified of a message. */
function whyNotifiedRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: NotificationDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/notifications/why',
    schema: {
      operationId: 'whyNotified',
      tags,
      summary: 'Get why you were, or weren’t, notified of a message',
      description:
        'Decisions about direct messages, mentions by name, keywords and replies in threads are stored for 30 days. All others are computed from the settings that you had when the message was posted.',
      querystring: WhyNotifiedQuery,
      response: { 200: WhyNotified, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { conversation, seq } = request.query;
      const why = await whyNotified(pool, sessionOf(request).account, conversation, seq);
      if (why === null) refuse('conversation_not_found');
      return why ?? refuse('message_not_found');
    },
  });
}

/** Changes the settings for a conversation or thread, and returns them. */
async function overrideAfter(
  { pool, append }: NotificationDeps,
  request: FastifyRequest,
  scope: OverrideScope,
  change: UpdateOverrideBody,
): Promise<ChangedOverride> {
  const requester = requesterOf(request);
  storedOrRefuse(await changeOverride(append, requester, scope, change));
  return await overrideOf(pool, requester.actor, scope);
}
