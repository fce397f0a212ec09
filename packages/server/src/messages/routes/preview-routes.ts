import { CommandAnswer, RemoveLinkPreviewBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { problems } from '../../http/describe.ts';
import { removeLinkPreview } from '../commands.ts';
import type { CommandRouteDeps } from './command-routes.ts';
import { commandAnswer, commandRequest, headers, OfMessage } from './requests.ts';

/** Registers the route of link previews. */
export function previewRoutes(instance: FastifyInstance, deps: CommandRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { append, authenticate: onRequest } = deps;

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/previews/remove',
    schema: {
      operationId: 'removeLinkPreview',
      tags: ['Messages'],
      summary: 'Remove the preview of a link',
      description:
        'Allowed for the author of the message, and for those who may delete the messages of others. The link gets no new preview, even after edits that keep it.',
      headers,
      params: OfMessage,
      body: RemoveLinkPreviewBody,
      response: { 200: CommandAnswer, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      return commandAnswer(
        command,
        await removeLinkPreview(append, command, seq, request.body.url),
      );
    },
  });
}
