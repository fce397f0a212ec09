import { ImageId, ImageQuery, type ImageSize, ImageTokenAnswer } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { BINARY, type DownloadDeps } from './download-routes.ts';
import { type ImageContent, serverIcon, visibleImage } from './image-queries.ts';
import type { ImageTokens } from './image-tokens.ts';
import { linkAdmission } from './link-admission.ts';

/** Where images are stored, and what admits a request to them: tokens of their own. */
export interface ImageRouteDeps extends Omit<DownloadDeps, 'tokens'> {
  readonly tokens: ImageTokens;
}

const tags = ['Files'];
/** An image never changes; a new one has a new id. */
const IMAGE_CACHE = 'private, max-age=31536000, immutable';
/** The icon of the server changes at the same URL, so clients revalidate it each time. */
const ICON_CACHE = 'public, no-cache';
/** The icon of a server that has none. */
const DEFAULT_ICON = '/icon.svg';
const webp = { 200: { description: 'A WebP image', content: BINARY } };

/** Registers the routes that send avatars and the icon of the server. */
export function imageRoutes(instance: FastifyInstance, deps: ImageRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, tokens, authenticate } = deps;
  const send = sender(deps);

  app.route({
    method: 'GET',
    url: '/images/token',
    schema: {
      operationId: 'getImageToken',
      tags,
      summary: 'Get the token for image URLs',
      description:
        'A browser shows an image as `/api/v1/images/{id}?size=64&token=…`. The token is valid until the session ends.',
      response: { 200: ImageTokenAnswer, ...problems(401) },
    },
    onRequest: authenticate,
    handler: async (request) => {
      const { account, id: session } = sessionOf(request);
      return { token: tokens.make({ account, session }) };
    },
  });

  const { onRequest, holderOf } = linkAdmission(deps, (token) => tokens.read(token));

  app.route({
    method: 'GET',
    url: '/images/:id',
    schema: {
      operationId: 'getImage',
      tags,
      summary: 'Get an avatar or a custom emoji',
      description:
        'A square WebP image of an account, of the server, or of a group that the account is in or could find. The image of an id never changes.',
      params: z.object({ id: ImageId }),
      querystring: ImageQuery,
      response: { ...webp, ...problems(401, 404, 410, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account } = holderOf(request);
      const size = Number(request.query.size) as ImageSize;
      const image = await visibleImage(pool, account, request.params.id, size);
      if (!image) refuse('file_not_found', 'There is no such image');
      return send(request, reply, image, IMAGE_CACHE);
    },
  });

  app.route({
    method: 'GET',
    url: '/server/icon',
    schema: {
      operationId: 'getServerIcon',
      tags: ['Server'],
      summary: 'Get the icon of the server',
      description: 'Redirects to the Parley icon if the server has no icon of its own.',
      response: {
        ...webp,
        302: z.null().meta({ description: 'The server has no icon of its own' }),
        ...problems(404),
      },
    },
    handler: async (request, reply) => {
      const icon = await serverIcon(pool);
      if (icon) return send(request, reply, icon, ICON_CACHE);
      return reply.header('cache-control', ICON_CACHE).redirect(DEFAULT_ICON, 302);
    },
  });
}

/** Returns a function that sends an image, unless the client has it. */
function sender({ store }: Pick<ImageRouteDeps, 'store'>) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    { digest, bytes }: ImageContent,
    cache: string,
  ) => {
    const etag = `"${digest.slice(0, 32)}"`;
    reply.headers({ etag, 'cache-control': cache });
    const { 'if-none-match': known } = request.headers;
    if (known?.split(',').some((tag) => tag.trim() === etag)) return reply.code(304).send();
    const content = await store.read(digest);
    if (!content) {
      request.log.error({ digest }, 'content of an image is missing');
      refuse('file_not_found', 'The content of this image is missing on the server');
    }
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    return reply
      .type('image/webp')
      .header('content-disposition', 'inline')
      .header('content-length', bytes)
      .send(Buffer.concat(pieces));
  };
}
