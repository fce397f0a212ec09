import {
  CommandAnswer,
  type ConversationId,
  CreatePollBody,
  ForwardBody,
  Message,
  VoteBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { RefusalError, refuse, storedOrRefuse } from '../http/errors.ts';
import { refusalOfScope } from '../scopes.ts';
import type { Outcome } from '../stream/append.ts';
import type { CommandRouteDeps } from './command-routes.ts';
import { closePoll, forwardMessage, postPoll, vote } from './commands.ts';
import { messageFor } from './queries.ts';
import type { ReadRouteDeps } from './read-routes.ts';
import {
  commandAnswer,
  commandRequest,
  headers,
  OfConversation,
  OfMessage,
  security,
} from './requests.ts';

/** Registers the routes of polls, and the one that forwards messages. */
export function pollRoutes(
  instance: FastifyInstance,
  deps: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;
  /** The message that a command has posted. */
  const posted = async (request: FastifyRequest, id: ConversationId, outcome: Outcome) => {
    const { seq } = storedOrRefuse(outcome);
    return (
      (await messageFor(pool, sessionOf(request).account, id, seq)) ?? refuse('no_longer_member')
    );
  };

  app.route({
    method: 'POST',
    url: '/conversations/:id/polls',
    schema: {
      operationId: 'createPoll',
      tags: ['Polls'],
      summary: 'Post a poll',
      description:
        'The question is the text of the message. It can’t be edited. Members vote until its author or a moderator closes it, or until `endsAt`.',
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
      const outcome = await postPoll(append, commandRequest(request, id), question, poll);
      reply.code(201);
      return posted(request, id, outcome);
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

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/forward',
    schema: {
      operationId: 'forwardMessage',
      tags: ['Messages'],
      summary: 'Forward a message to another conversation',
      description:
        'Posts the text that the message has now, with its author and time as `forwardedFrom`. Later changes of the message do not change the copy. An API key needs `messages:read` too.',
      security,
      headers,
      params: OfMessage,
      body: ForwardBody,
      response: { 201: Message, ...problems(401, 403, 404, 409, 410, 422, 429, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      // What it posts is read on behalf of the caller.
      const session = sessionOf(request);
      const refused = session.scopes ? refusalOfScope('messages:read', session) : null;
      if (refused) throw new RefusalError(refused);
      const { id: conversation, seq: message } = request.params;
      const { to } = request.body;
      const source = { conversation, message };
      const outcome = await forwardMessage(append, commandRequest(request, to), source);
      reply.code(201);
      return posted(request, to, outcome);
    },
  });
}
