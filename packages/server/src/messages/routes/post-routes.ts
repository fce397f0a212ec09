import { EditBody, Message, mayMention, newMessage, PostBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { problems } from '../../http/describe.ts';
import { storedOrRefuse } from '../../http/errors.ts';
import type { Append } from '../../stream/append.ts';
import { editMessage, type MessageRequest, postMessage } from '../commands.ts';
import { replyPlaceOf } from '../threads/thread-roots.ts';
import type { ReadRouteDeps } from './read-routes.ts';
import { commandRequest, headers, messageAfter, OfConversation, OfMessage } from './requests.ts';

/** What the routes need that answer a command with the message after it. */
export interface PostDeps extends Pick<ReadRouteDeps, 'pool' | 'authenticate'> {
  readonly append: Append;
}

/** Registers the route that posts a message. */
export function postMessageRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: PostDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages',
    schema: {
      operationId: 'postMessage',
      tags: ['Messages'],
      summary: 'Post a message',
      description:
        '`thread` makes it a reply in the thread of that message; with `alsoInConversation`, the reply is also shown among the messages of the conversation. `replyTo` quotes a message of the same conversation; the quote always shows its current text. `attachments` are the ids of files that the account has uploaded; the text may then be empty. The server resolves `@username`, `@user-group`, `@everyone`, `@here` and `#group-name` in the text, outside of code, to `mentions`.',
      headers,
      params: OfConversation,
      body: PostBody,
      response: { 201: Message, ...problems(401, 403, 404, 409, 410, 422, 429, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const command = commandRequest(request, request.params.id);
      const message = await post({ pool, append }, command, request.body);
      reply.code(201);
      return message;
    },
  });
}

/** Posts a message and returns it as stored. */
async function post(
  { pool, append }: Pick<PostDeps, 'pool' | 'append'>,
  command: MessageRequest,
  content: z.output<typeof PostBody>,
): Promise<Message> {
  const { actor: author, conversation } = command;
  const { body, replyTo, attachments } = content;
  const inThread = replyPlaceOf(content);
  const { seq, at, repeated } = storedOrRefuse(
    await postMessage(append, command, body, { replyTo, inThread, attachments }),
  );
  // A repeated request may find the message changed, and names and files were resolved.
  if (repeated || attachments || mayMention(body)) return messageAfter(pool, command, seq);
  return newMessage({ conversation, seq, author, body, postedAt: at, replyTo, ...inThread });
}

/** Registers the route that edits a message. */
export function editMessageRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: PostDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PATCH',
    url: '/conversations/:id/messages/:seq',
    schema: {
      operationId: 'editMessage',
      tags: ['Messages'],
      summary: 'Edit your own message',
      headers,
      params: OfMessage,
      body: EditBody,
      response: { 200: Message, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      storedOrRefuse(await editMessage(append, command, seq, request.body.body));
      return messageAfter(pool, command, seq);
    },
  });
}
