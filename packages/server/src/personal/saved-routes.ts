import {
  CommandAnswer,
  SavedMessagesPage,
  SavedMessagesQuery,
  SaveMessageBody,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { commandAnswer, commandRequest, headers, OfMessage } from '../messages/routes/requests.ts';
import type { Append } from '../stream/append.ts';
import { saveMessage, unsaveMessage } from './saved-commands.ts';
import { savedMessages } from './saved-queries.ts';

/** What the routes of saved and of scheduled messages share. */
export interface PersonalDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  /** Rejects requests without a valid access token or API key. */
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of saved messages. */
export function savedRoutes(instance: FastifyInstance, deps: PersonalDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;
  const tags = ['Saved messages'];

  app.route({
    method: 'GET',
    url: '/me/saved',
    schema: {
      operationId: 'listSavedMessages',
      tags,
      summary: 'List your saved messages',
      description:
        'Most recently saved first, in their current state. `message` is null if you may no longer see it.',
      querystring: SavedMessagesQuery,
      response: { 200: SavedMessagesPage, ...problems(401, 422) },
    },
    onRequest,
    handler: (request) => savedMessages(pool, sessionOf(request).account, request.query),
  });

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/saved',
    schema: {
      operationId: 'saveMessage',
      tags,
      summary: 'Save a message',
      description:
        'With `remindAt`, all your devices receive the event `reminder.due` of your personal stream at that time. Saving a message again changes its reminder.',
      headers,
      params: OfMessage,
      body: SaveMessageBody,
      response: { 200: CommandAnswer, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const r = commandRequest(request, request.params.id);
      const saved = { ...r, message: request.params.seq };
      const remindAt = request.body.remindAt ?? null;
      return commandAnswer(r, await saveMessage(append, saved, remindAt));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/messages/:seq/saved',
    schema: {
      operationId: 'unsaveMessage',
      tags,
      summary: 'Remove a message from your saved messages',
      description: 'Works even if you may no longer see the message.',
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(401, 404, 503) },
    },
    onRequest,
    handler: async (request) => {
      const r = commandRequest(request, request.params.id);
      const saved = { ...r, message: request.params.seq };
      return commandAnswer(r, await unsaveMessage(append, saved));
    },
  });
}
