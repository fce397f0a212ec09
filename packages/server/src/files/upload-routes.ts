import { FileId } from '@parley/protocol';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { partsOf } from './upload-parts.ts';
import type { UploadState, Uploads } from './uploads.ts';

/**
 * Uploads by the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload): creation,
 * termination and expiration. An interrupted client asks with HEAD how much was received, and
 * continues there.
 */

interface UploadRouteDeps {
  readonly uploads: Uploads;
  readonly authenticate: onRequestAsyncHookHandler;
}

const VERSION = '1.0.0';
const EXTENSIONS = 'creation,termination,expiration';
const BODY_TYPE = 'application/offset+octet-stream';
const OfUpload = z.object({ id: FileId });
const tags = ['Files'];
const bytesText = z.string().regex(/^\d{1,15}$/, 'must be a number of bytes');
const version = { 'tus-resumable': z.string().optional() };
const CreateHeaders = z.object({
  ...version,
  'upload-length': bytesText,
  'upload-metadata': z.string().max(4_000).optional(),
});
const AppendHeaders = z.object({ ...version, 'upload-offset': bytesText });
/** Describes a response without a body in the API document. */
const empty = (description: string) => z.null().describe(description);

/** Registers the routes of uploads. */
export function uploadRoutes(instance: FastifyInstance, deps: UploadRouteDeps): void {
  // In a separate scope, so that no other route accepts a body of bytes.
  instance.register(async (scope) => {
    // Any type, so that the route can say which one it takes.
    for (const type of [BODY_TYPE, '*']) {
      scope.addContentTypeParser(type, (_request, body, done) => done(null, body));
    }
    scope.addHook('onRequest', async (_request, reply) => {
      reply.header('tus-resumable', VERSION);
    });
    announce(scope, deps);
    create(scope, deps);
    append(scope, deps);
    cancel(scope, deps);
  });
}

/** Registers the routes that return what the server supports and how far an upload is. */
function announce(scope: FastifyInstance, { uploads, authenticate }: UploadRouteDeps): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  for (const url of ['/uploads', '/uploads/:id']) {
    app.route({
      method: 'OPTIONS',
      url,
      schema: { hide: true },
      handler: async (_request, reply) => {
        reply.headers({ 'tus-version': VERSION, 'tus-extension': EXTENSIONS });
        if (uploads.maxBytes > 0) reply.header('tus-max-size', uploads.maxBytes);
        return reply.code(204).send(null);
      },
    });
  }
  app.route({
    method: 'HEAD',
    url: '/uploads/:id',
    // Documented with the operation that it belongs to.
    schema: { hide: true, operationId: 'uploadFile', params: OfUpload },
    onRequest: authenticate,
    handler: async (request, reply) => {
      checkVersion(request, reply);
      const state = await uploads.state(sessionOf(request).account, request.params.id);
      return stateHeaders(reply, state)
        .header('upload-length', state.bytes)
        .header('upload-metadata', `filename ${Buffer.from(state.name).toString('base64')}`)
        .code(200)
        .send();
    },
  });
}

function create(scope: FastifyInstance, { uploads, authenticate }: UploadRouteDeps): void {
  scope.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/uploads',
    schema: {
      operationId: 'createUpload',
      tags,
      summary: 'Start uploading a file',
      description:
        'Uses the tus protocol 1.0.0; any tus client works. Send the `filename` in `Upload-Metadata`. The last part of `Location` is the id of the file. An unfinished upload expires after a day.',
      headers: CreateHeaders,
      response: {
        201: empty('The upload; its address is in `Location`'),
        ...problems(401, 409, 412, 413, 422, 503, 507),
      },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      checkVersion(request, reply);
      const bytes = Number(request.headers['upload-length']);
      const name = fileNameIn(request.headers['upload-metadata']);
      const state = await uploads.create(sessionOf(request).account, { name, bytes });
      return stateHeaders(reply, state)
        .header('location', `/api/v1/uploads/${state.id}`)
        .code(201)
        .send();
    },
  });
}

function append(scope: FastifyInstance, { uploads, authenticate }: UploadRouteDeps): void {
  scope.withTypeProvider<ZodTypeProvider>().route({
    method: 'PATCH',
    url: '/uploads/:id',
    schema: {
      operationId: 'uploadFile',
      tags,
      summary: 'Upload the bytes of a file at an offset',
      description: `Requires the content type \`${BODY_TYPE}\`. Once the last byte is confirmed, the file is stored and can be attached to a message. If the connection breaks, the received bytes are kept: a HEAD request to the same address returns the \`Upload-Offset\` at which to continue. A request may take half a minute, so send pieces of a few megabytes.`,
      headers: AppendHeaders,
      params: OfUpload,
      response: {
        204: empty('The bytes are stored; `Upload-Offset` is where to continue'),
        ...problems(401, 404, 409, 412, 413, 415, 422, 503, 507),
      },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      checkVersion(request, reply);
      if (request.headers['content-type'] !== BODY_TYPE) {
        refuse('unsupported_media_type', `Send the bytes as ${BODY_TYPE}`);
      }
      const offset = Number(request.headers['upload-offset']);
      const stop = () => request.raw.destroy();
      const body = request.raw.iterator({ destroyOnReturn: false });
      const source = partsOf(body, () => request.log.debug('upload interrupted'));
      const { account } = sessionOf(request);
      try {
        const state = await uploads.append(account, request.params.id, offset, { source, stop });
        return stateHeaders(reply, state).code(204).send(null);
      } finally {
        // Bytes left unread after a refusal would block the next request on the connection.
        await body.return?.();
        request.raw.resume();
      }
    },
  });
}

function cancel(scope: FastifyInstance, { uploads, authenticate }: UploadRouteDeps): void {
  scope.withTypeProvider<ZodTypeProvider>().route({
    method: 'DELETE',
    url: '/uploads/:id',
    schema: {
      operationId: 'cancelUpload',
      tags,
      summary: 'Cancel an upload',
      description: 'Removes what was received. A file that is already stored is kept.',
      params: OfUpload,
      response: { 204: empty('The upload is gone'), ...problems(401, 404) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      await uploads.cancel(sessionOf(request).account, request.params.id);
      return reply.code(204).send(null);
    },
  });
}

function stateHeaders(
  reply: FastifyReply,
  { received, bytes, expiresAt }: UploadState,
): FastifyReply {
  reply.header('upload-offset', received);
  if (received < bytes) reply.header('upload-expires', expiresAt.toUTCString());
  return reply;
}

function checkVersion(request: FastifyRequest, reply: FastifyReply): void {
  if (request.headers['tus-resumable'] === VERSION) return;
  reply.header('tus-version', VERSION);
  refuse('upload_version');
}

/** Returns the name in `Upload-Metadata`: pairs of a key and a value in base64. */
function fileNameIn(metadata: string | undefined): string {
  for (const pair of (metadata ?? '').split(',')) {
    const [key, value = ''] = pair.trim().split(' ');
    if (key === 'filename') return Buffer.from(value, 'base64').toString('utf8');
  }
  return '';
}
