import { CommandAnswer, CreatePollBody, Message, VoteBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import type { CommandRouteDeps } from './command-routes.ts';
import { closePoll, postPoll, vote } from './commands.ts';
import type { ReadRouteDeps } from './read-routes.ts';
import {
  commandAnswer,
  commandRequest,
  headers,
  messageAfter,
  OfConversation,
  OfMessage,
  security,
} from './requests.ts';

/** Registers the routes of polls. */
export function pollRoutes(
  instance: FastifyInstance,
  deps: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;

  app.route({
    method: 'POST',
    url: '/conversations/:id/polls',
    schema: {
      operationId: 'createPoll',
      tags: ['Polls'],
      summary: 'Post a poll',
      description:
        'The question is the text of the message. It can’t be edited. Members vote until its author, or a member who may delete the messages of others, closes it, or until `endsAt`.',
      security,
      headers,
      params: OfConversation,
      body: CreatePollBody,
      response: { 201: Message, ...problems(401, 403, 404, 409, 410, 422, 429, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id } = request.params;
      const { question, ...poll } = request.body;
      const command = commandRequest(request, id);
      const { seq } = storedOrRefuse(await postPoll(append, command, question, poll));
      reply.code(201);
      return messageAfter(pool, command, seq);
    },
  });

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/poll/vote',
    schema: {
      operationId: 'vote',
      tags: ['Polls'],
      summary: 'Vote in a poll',
      description: 'Replaces your earlier vote; without choices it is withdrawn.',
      security,
      headers,
      params: OfMessage,
      body: VoteBody,
      response: { 200: CommandAnswer, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      return commandAnswer(command, await vote(append, command, seq, request.body.choices));
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/poll/close',
    schema: {
      operationId: 'closePoll',
      tags: ['Polls'],
      summary: 'Close a poll',
      description: 'For its author, and for those who may delete the messages of others.',
      security,
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      return commandAnswer(command, await closePoll(append, command, seq));
    },
  });
}
