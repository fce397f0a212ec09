import { Body, ConversationId, WebhookBody } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problems, textFile } from '../../http/describe.ts';
import { refuse, storedOrRefuse } from '../../http/errors.ts';
import { acceptJsonForms } from '../../http/json.ts';
import { postMessage } from '../commands.ts';
import type { PostDeps } from './post-routes.ts';
import { commandRequest, headers } from './requests.ts';
import { webhookText } from './webhook-text.ts';

const OfWebhook = z.object({
  id: ConversationId,
  key: z.string().regex(/^pk_[A-Za-z0-9_-]{43}$/),
});

type WebhookDeps = Pick<PostDeps, 'append' | 'authenticate'>;

/** Registers the route that posts a message for a program that can only send JSON to a URL. */
export function webhookRoutes(instance: FastifyInstance, deps: WebhookDeps): void {
  // In a separate scope, so that no other route accepts a form.
  instance.register(async (scope) => {
    acceptJsonForms(scope);
    postRoute(scope, deps);
  });
}

function postRoute(instance: FastifyInstance, { append, authenticate }: WebhookDeps): void {
  instance.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/webhooks/:id/:key',
    schema: {
      operationId: 'postWebhook',
      tags: ['Messages'],
      summary: 'Post a message with a Slack-compatible incoming webhook',
      description:
        'For services that send JSON to a URL, such as build servers and monitoring. The JSON may also be the field `payload` of a form (`application/x-www-form-urlencoded`). `key` is an API key with the scope `messages:write`, and its service account must be a member of the conversation. The URL is a secret. Slack’s formatting (`*bold*`, `<https://…|label>`, `<!channel>`) is converted to Markdown. Without an `Idempotency-Key`, a repeated request posts again.',
      headers,
      params: OfWebhook,
      body: WebhookBody,
      response: {
        ...textFile('`ok`: the message is stored', ['text/plain']),
        ...problems(401, 403, 404, 409, 410, 422, 429, 503),
      },
    },
    onRequest: [useKeyOfPath, authenticate],
    handler: async (request, reply) => {
      const body = Body.safeParse(webhookText(request.body));
      if (!body.success) {
        const reason = body.error.issues[0]?.message ?? 'is invalid';
        return refuse('invalid', `text: ${reason}`);
      }
      const command = commandRequest(request, request.params.id);
      storedOrRefuse(await postMessage(append, command, body.data, {}));
      return reply.type('text/plain; charset=utf-8').send('ok');
    },
  });
}

/** Lets the API key in the path authenticate the request, instead of a header. */
const useKeyOfPath: onRequestAsyncHookHandler = async (request) => {
  const { key } = request.params as { readonly key: string };
  // An access token must not end up in URLs, so it is not accepted here.
  if (!key.startsWith('pk_')) refuse('unauthenticated');
  request.headers.authorization = `Bearer ${key}`;
};
