import { CommandAnswer, PinnedMessages } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import type { Append } from '../stream/append.ts';
import { pinMessage, unpinMessage } from './commands.ts';
import { pinnedMessages } from './queries.ts';
import {
  commandAnswer,
  commandRequest,
  headers,
  OfConversation,
  OfMessage,
  security,
} from './requests.ts';

/** What the routes of pinned messages are constructed with. */
export interface PinDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of pinned messages. */
export function pinRoutes(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: PinDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/pins',
    schema: {
      operationId: 'listPinnedMessages',
      tags: ['Messages'],
      summary: 'List the pinned messages of a conversation',
      description: 'Returns all of them. The message that was pinned last comes first.',
      security,
      params: OfConversation,
      response: { 200: PinnedMessages, ...problems(401, 404) },
    },
    onRequest,
    handler: async (request) => {
      const items = await pinnedMessages(pool, sessionOf(request).account, request.params.id);
      return { items: items ?? refuse('conversation_not_found') };
    },
  });

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/pin',
    schema: {
      operationId: 'pinMessage',
      tags: ['Messages'],
      summary: 'Pin a message',
      description: 'Every member sees the pin. Pinning a pinned message changes nothing.',
      security,
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = commandRequest(request, request.params.id);
      return commandAnswer(command, await pinMessage(append, command, request.params.seq));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/messages/:seq/pin',
    schema: {
      operationId: 'unpinMessage',
      tags: ['Messages'],
      summary: 'Unpin a message',
      description: 'Any member can remove the pin of another member.',
      security,
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(401, 404, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = commandRequest(request, request.params.id);
      return commandAnswer(command, await unpinMessage(append, command, request.params.seq));
    },
  });
}
