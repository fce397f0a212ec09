import {
  CommandAnswer,
  CreatePollBody,
  countText,
  LIMITS,
  Message,
  PollVotersPage,
  PollVotersQuery,
  Seq,
  VoteBody,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse, storedOrRefuse } from '../../http/errors.ts';
import { pageCursor } from '../../http/page.ts';
import { closePoll, postPoll, vote } from '../commands.ts';
import { pollVoters } from '../history/poll-voters.ts';
import type { CommandRouteDeps } from './command-routes.ts';
import type { ReadRouteDeps } from './read-routes.ts';
import {
  commandAnswer,
  commandRequest,
  headers,
  messageAfter,
  OfConversation,
  OfMessage,
} from './requests.ts';

const OfChoice = OfMessage.extend({ choice: countText(0, LIMITS.pollChoicesMax - 1) });

/** Registers the routes of polls. */
export function pollRoutes(
  instance: FastifyInstance,
  deps: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  createPollRoute(instance, deps);
  voteRoute(instance, deps);
  listVotersRoute(instance, deps);
  closePollRoute(instance, deps);
}

/** Registers the route that posts a poll. */
function createPollRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/conversations/:id/polls',
    schema: {
      operationId: 'createPoll',
      tags: ['Polls'],
      summary: 'Post a poll',
      description:
        'The question is the text of the message, and can’t be edited. Members can vote until `endsAt`, or until the poll is closed by its author or a member who may delete the messages of others.',
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
}

/** Registers the route that lets members vote. */
function voteRoute(
  instance: FastifyInstance,
  { append, authenticate: onRequest }: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/poll/vote',
    schema: {
      operationId: 'vote',
      tags: ['Polls'],
      summary: 'Vote in a poll',
      description: 'Replaces your earlier vote; without choices it is withdrawn.',
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
}

/** Registers the route that lists who has voted for a choice. */
function listVotersRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq/poll/choices/:choice/voters',
    schema: {
      operationId: 'listPollVoters',
      tags: ['Polls'],
      summary: 'List who has voted for a choice of a poll',
      description:
        'Voters are listed in the order of their votes. `choice` is the index of the choice. The poll of a message lists only the first `limits.pollAccounts` voters.',
      params: OfChoice,
      querystring: PollVotersQuery,
      response: { 200: PollVotersPage, ...problems(401, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id: conversation, seq: message, choice } = request.params;
      const after = pageCursor.read(request.query.after, Seq);
      const { limit } = request.query;
      const voters = { conversation, message, choice, after, limit };
      const page = await pollVoters(pool, sessionOf(request).account, voters);
      if (typeof page === 'string') refuse(page);
      const { items, next } = page;
      return { items, next: next && pageCursor.write(next) };
    },
  });
}

/** Registers the route that closes a poll. */
function closePollRoute(
  instance: FastifyInstance,
  { append, authenticate: onRequest }: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/poll/close',
    schema: {
      operationId: 'closePoll',
      tags: ['Polls'],
      summary: 'Close a poll',
      description: 'Allowed for its author, and for those who may delete the messages of others.',
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
