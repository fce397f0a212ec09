import { ForwardBody, Message } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { RefusalError, storedOrRefuse } from '../../http/errors.ts';
import { refusalOfScope } from '../../permissions/scopes.ts';
import { forwardMessage } from '../commands.ts';
import type { CommandRouteDeps } from './command-routes.ts';
import type { ReadRouteDeps } from './read-routes.ts';
import { commandRequest, headers, messageAfter, OfMessage } from './requests.ts';

/** Registers the route that forwards messages. */
export function forwardRoutes(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: CommandRouteDeps & Pick<ReadRouteDeps, 'pool'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/forward',
    schema: {
      operationId: 'forwardMessage',
      tags: ['Messages'],
      summary: 'Forward a message to another conversation',
      description:
        'Posts a copy of the current text and files, with the original author and time as `forwardedFrom`. Later changes to the message do not affect the copy. An API key also needs `messages:read`.',
      headers,
      params: OfMessage,
      body: ForwardBody,
      response: { 201: Message, ...problems(401, 403, 404, 409, 410, 422, 429, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      // The source is read on behalf of the caller.
      const session = sessionOf(request);
      const refused = session.scopes ? refusalOfScope('messages:read', session) : null;
      if (refused) throw new RefusalError(refused);
      const { id: conversation, seq: message } = request.params;
      const { to } = request.body;
      const source = { conversation, message };
      const command = commandRequest(request, to);
      const { seq } = storedOrRefuse(await forwardMessage(append, command, source));
      reply.code(201);
      return messageAfter(pool, command, seq);
    },
  });
}
