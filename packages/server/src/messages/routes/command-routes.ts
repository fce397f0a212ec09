import { CommandAnswer, ReactionEmoji } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { problems } from '../../http/describe.ts';
import type { Append, Outcome } from '../../stream/append.ts';
import {
  addReaction,
  deleteMessage,
  type MessageRequest,
  pinMessage,
  removeReaction,
  unpinMessage,
} from '../commands.ts';
import { commandAnswer, commandRequest, headers, OfMessage } from './requests.ts';

/** What the routes need that answer a command with its outcome alone. */
export interface CommandRouteDeps {
  readonly append: Append;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** A command on a message whose only result is whether it is stored. */
interface CommandRoute<P extends typeof OfMessage> {
  readonly method: 'PUT' | 'DELETE';
  /** The path after that of the message. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly params: P;
  /** The statuses of its refusals. */
  readonly refusals: readonly number[];
  readonly run: (append: Append, request: MessageRequest, params: z.output<P>) => Promise<Outcome>;
}

const OfReaction = OfMessage.extend({ emoji: ReactionEmoji });

const DELETE: CommandRoute<typeof OfMessage> = {
  method: 'DELETE',
  path: '',
  operationId: 'deleteMessage',
  summary: 'Delete a message',
  description: 'Your own, or another member’s if your role in the group allows it.',
  params: OfMessage,
  refusals: [401, 403, 404, 409, 503],
  run: (append, request, { seq }) => deleteMessage(append, request, seq),
};

const ADD_REACTION: CommandRoute<typeof OfReaction> = {
  method: 'PUT',
  path: '/reactions/:emoji',
  operationId: 'addReaction',
  summary: 'Add a reaction',
  description: 'With a Unicode emoji, or a custom one of the server: `:{id}:`.',
  params: OfReaction,
  refusals: [401, 403, 404, 409, 422, 503],
  run: (append, request, { seq, emoji }) => addReaction(append, request, seq, emoji),
};

const REMOVE_REACTION: CommandRoute<typeof OfReaction> = {
  method: 'DELETE',
  path: '/reactions/:emoji',
  operationId: 'removeReaction',
  summary: 'Remove your own reaction',
  params: OfReaction,
  refusals: [401, 403, 404, 409, 422, 503],
  run: (append, request, { seq, emoji }) => removeReaction(append, request, seq, emoji),
};

const PIN: CommandRoute<typeof OfMessage> = {
  method: 'PUT',
  path: '/pin',
  operationId: 'pinMessage',
  summary: 'Pin a message',
  description: 'Every member sees the pin. Pinning a pinned message changes nothing.',
  params: OfMessage,
  refusals: [401, 403, 404, 409, 422, 503],
  run: (append, request, { seq }) => pinMessage(append, request, seq),
};

const UNPIN: CommandRoute<typeof OfMessage> = {
  method: 'DELETE',
  path: '/pin',
  operationId: 'unpinMessage',
  summary: 'Unpin a message',
  description: 'Those who may pin messages can also remove the pins of others.',
  params: OfMessage,
  refusals: [401, 403, 404, 409, 422, 503],
  run: (append, request, { seq }) => unpinMessage(append, request, seq),
};

/** Registers the routes of commands that answer like an `ack` frame: deletions, reactions, pins. */
export function commandRoutes(instance: FastifyInstance, deps: CommandRouteDeps): void {
  register(instance, deps, DELETE);
  register(instance, deps, ADD_REACTION);
  register(instance, deps, REMOVE_REACTION);
  register(instance, deps, PIN);
  register(instance, deps, UNPIN);
}

function register<P extends typeof OfMessage>(
  instance: FastifyInstance,
  { append, authenticate: onRequest }: CommandRouteDeps,
  { method, path, operationId, summary, description, params, refusals, run }: CommandRoute<P>,
): void {
  instance.withTypeProvider<ZodTypeProvider>().route({
    method,
    url: `/conversations/:id/messages/:seq${path}`,
    schema: {
      operationId,
      tags: ['Messages'],
      summary,
      ...(description !== undefined && { description }),
      headers,
      params,
      response: { 200: CommandAnswer, ...problems(...refusals) },
    },
    onRequest,
    handler: async (request) => {
      const of = request.params as z.output<P>;
      const command = commandRequest(request, of.id);
      return commandAnswer(command, await run(append, command, of));
    },
  });
}
