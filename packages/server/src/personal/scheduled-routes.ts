import {
  type AccountId,
  ChangeScheduledBody,
  CommandAnswer,
  ScheduleBody,
  ScheduledId,
  ScheduledMessage,
  ScheduledMessages,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import { commandAnswer, headers } from '../messages/routes/requests.ts';
import type { PersonalDeps } from './saved-routes.ts';
import { changeScheduled, deleteScheduled, scheduleMessage } from './scheduled-commands.ts';
import {
  conversationOfScheduled,
  scheduledMessage,
  scheduledMessages,
  sentScheduled,
} from './scheduled-queries.ts';
import { sendScheduled } from './scheduled-sending.ts';

const OfScheduled = z.object({ id: ScheduledId });
const tags = ['Scheduled messages'];

/** Registers the routes of scheduled messages. */
export function scheduledRoutes(instance: FastifyInstance, deps: PersonalDeps): void {
  listScheduledRoute(instance, deps);
  scheduleRoutes(instance, deps);
  deleteScheduledRoute(instance, deps);
  sendScheduledRoute(instance, deps);
}

/** Registers the route that lists the account’s scheduled messages. */
function listScheduledRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: PersonalDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/scheduled',
    schema: {
      operationId: 'listScheduled',
      tags,
      summary: 'List your scheduled messages',
      description:
        'Returns all scheduled messages, the next one first, including those that could not be sent.',
      response: { 200: ScheduledMessages, ...problems(401) },
    },
    onRequest,
    handler: async (request) => ({
      items: await scheduledMessages(pool, sessionOf(request).account),
    }),
  });
}

/** Registers the routes that schedule a message, and change a scheduled one. */
function scheduleRoutes(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: PersonalDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/scheduled',
    schema: {
      operationId: 'scheduleMessage',
      tags,
      summary: 'Schedule a message',
      description:
        'The server sends it once, within seconds of `sendAt`, in your name. If you may no longer post by then, it is kept and marked as failed. If your account is suspended, it is sent after the suspension. After it was sent, a retry with the same `Idempotency-Key` returns the posted message (`sent`). Your devices receive the events `message.scheduled`, `scheduled.sent`, `scheduled.failed` and `message.unscheduled` on your personal stream.',
      headers,
      body: ScheduleBody,
      response: { 201: ScheduledMessage, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const command = requesterOf(request);
      storedOrRefuse(await scheduleMessage(append, command, request.body));
      reply.code(201);
      return pendingOrSent(pool, command.actor, command.clientId as string as ScheduledId);
    },
  });

  app.route({
    method: 'PATCH',
    url: '/me/scheduled/:id',
    schema: {
      operationId: 'changeScheduled',
      tags,
      summary: 'Change a scheduled message',
      description:
        'Changes the text, the time, or both. A failed message is retried; one that failed as too late needs a new `sendAt`. After it was sent, a retry with the same `Idempotency-Key` returns the posted message (`sent`).',
      headers,
      params: OfScheduled,
      body: ChangeScheduledBody,
      response: { 200: ScheduledMessage, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = { ...requesterOf(request), scheduled: request.params.id };
      storedOrRefuse(await changeScheduled(append, command, request.body));
      return pendingOrSent(pool, command.actor, request.params.id);
    },
  });
}

/** Registers the route that deletes a scheduled message. */
function deleteScheduledRoute(
  instance: FastifyInstance,
  { append, authenticate: onRequest }: PersonalDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'DELETE',
    url: '/me/scheduled/:id',
    schema: {
      operationId: 'deleteScheduled',
      tags,
      summary: 'Delete a scheduled message',
      headers,
      params: OfScheduled,
      response: { 200: CommandAnswer, ...problems(401, 404, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = { ...requesterOf(request), scheduled: request.params.id };
      return commandAnswer(command, await deleteScheduled(append, command));
    },
  });
}

/** Registers the route that sends a scheduled message now. */
function sendScheduledRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: PersonalDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/scheduled/:id/send',
    schema: {
      operationId: 'sendScheduled',
      tags,
      summary: 'Send a scheduled message now',
      description: 'Returns which message it has become.',
      headers,
      params: OfScheduled,
      response: { 200: CommandAnswer, ...problems(401, 403, 404, 409, 422, 429, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = { ...requesterOf(request), scheduled: request.params.id };
      const { actor, clientId, scheduled } = command;
      const conversation = await conversationOfScheduled(pool, actor, scheduled, clientId);
      if (conversation === null) refuse('scheduled_not_found');
      return commandAnswer(command, await sendScheduled(append, command, conversation));
    },
  });
}

/**
 * Returns a scheduled message, or what it has become. It may have been sent since the command was
 * stored, and a client whose retry is answered with “not found” would schedule it again.
 */
async function pendingOrSent(
  pool: pg.Pool,
  account: AccountId,
  id: ScheduledId,
): Promise<ScheduledMessage> {
  return (
    (await scheduledMessage(pool, account, id)) ??
    (await sentScheduled(pool, account, id)) ??
    refuse('scheduled_not_found')
  );
}
