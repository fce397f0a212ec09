import {
  CreateEmojiBody,
  CustomEmoji,
  CustomEmojiAnswer,
  EmojiId,
  UpdateEmojiBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { meOf } from '../accounts/users/queries.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ImageMaker } from '../files/image-maker.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { Append } from '../stream/append.ts';
import { addEmoji, deleteEmoji, type EmojiRequest, renameEmoji } from './commands.ts';
import { customEmoji, customEmojiAnswer } from './queries.ts';

interface EmojiRoutesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly audit: AuditLog;
  readonly settings: ServerSettings;
  readonly images: ImageMaker;
  readonly authenticate: onRequestAsyncHookHandler;
}

const tags = ['Emoji'];
const headers = IdempotencyHeader;
const params = z.object({ id: EmojiId });

/** Registers the routes of custom emoji. */
export function emojiRoutes(instance: FastifyInstance, deps: EmojiRoutesDeps): void {
  listEmojiRoute(instance, deps);
  addEmojiRoute(instance, deps);
  changeEmojiRoutes(instance, deps);
}

/** Registers the route that lists the custom emoji. */
function listEmojiRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: EmojiRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/emoji',
    schema: {
      operationId: 'listEmoji',
      tags,
      summary: 'List the custom emoji of the server',
      description:
        'Later changes are the events `emoji.changed` and `emoji.deleted` of the workspace stream after `asOf`. To use an emoji, write `:name:` in a message, or `:{id}:` as the emoji of a reaction. Its image is at `/images/{image}`: animated with size 256, still with size 64. The list includes the names of up to 1,000 deleted emoji.',
      response: { 200: CustomEmojiAnswer, ...problems(401, 403) },
    },
    onRequest,
    config: { isCompressed: true },
    handler: () => customEmojiAnswer(pool),
  });
}

/** Registers the route that adds a custom emoji. */
function addEmojiRoute(instance: FastifyInstance, deps: EmojiRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, images, authenticate: onRequest } = deps;

  app.route({
    method: 'POST',
    url: '/emoji',
    schema: {
      operationId: 'addEmoji',
      tags,
      summary: 'Add a custom emoji',
      description:
        'First upload a PNG, JPEG, GIF, WebP or AVIF image of at most 2 MB. The server fits it into a square of 128 pixels and removes its metadata; animations of up to 100 frames stay animated. The server setting `emojiCreation` decides who may add emoji.',
      headers,
      body: CreateEmojiBody,
      response: { 201: CustomEmoji, ...problems(401, 403, 404, 409, 413, 422, 429, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { name, aliases, file } = request.body;
      const { account } = sessionOf(request);
      // An early check, before an image is decoded; the command decides.
      const me = await meOf(pool, account);
      if (!me?.permissions.includes('add_emoji')) {
        refuse('forbidden', 'Only admins of the server may add custom emoji');
      }
      const image = await images.make(account, file, 'emoji');
      const added = await addEmoji(append, emojiRequestOf(deps, request), {
        name,
        aliases,
        image,
        file,
      });
      storedOrRefuse(added.outcome);
      reply.code(201);
      return (await customEmoji(pool, added.emoji)) ?? refuse('emoji_not_found');
    },
  });
}

/** Registers the routes that rename and delete a custom emoji. */
function changeEmojiRoutes(instance: FastifyInstance, deps: EmojiRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;

  app.route({
    method: 'PATCH',
    url: '/emoji/:id',
    schema: {
      operationId: 'updateEmoji',
      tags,
      summary: 'Rename a custom emoji',
      description:
        'You can rename emoji that you added; admins can rename all. Messages and reactions keep the emoji.',
      headers,
      params,
      body: UpdateEmojiBody,
      response: { 200: CustomEmoji, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      storedOrRefuse(await renameEmoji(append, emojiRequestOf(deps, request), id, request.body));
      return (await customEmoji(pool, id)) ?? refuse('emoji_not_found');
    },
  });

  app.route({
    method: 'DELETE',
    url: '/emoji/:id',
    schema: {
      operationId: 'deleteEmoji',
      tags,
      summary: 'Delete a custom emoji',
      description:
        'You can delete emoji that you added; admins can delete all. Messages and reactions then show the name.',
      headers,
      params,
      response: { 204: z.null(), ...problems(401, 403, 404, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(await deleteEmoji(append, emojiRequestOf(deps, request), request.params.id));
      return reply.code(204).send(null);
    },
  });
}

/** Returns who requests a change of custom emoji, and what the command needs to decide and record it. */
const emojiRequestOf = (
  { audit, settings }: EmojiRoutesDeps,
  request: FastifyRequest,
): EmojiRequest => ({
  ...requesterOf(request),
  audit: { log: audit, address: request.ip },
  settings,
});
