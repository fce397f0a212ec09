import { Readable } from 'node:stream';
import {
  type AccountId,
  Attachment,
  FileContentQuery,
  FileId,
  FileLinksAnswer,
  FileLinksQuery,
} from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Pool } from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { Downloads } from './downloads.ts';
import { contentDisposition } from './file-name.ts';
import type { Digest, FileStore } from './file-store.ts';
import { type LinkAdmissionDeps, linkAdmission } from './link-admission.ts';
import type { FileTokens, LinkHolder } from './links.ts';
import { isInline, servedType } from './media-type.ts';
import { type ReadableFile, readableFiles } from './queries.ts';
import { rangeOf } from './ranges.ts';

/** Where files are stored, and what admits a request to them. */
export interface DownloadDeps extends LinkAdmissionDeps {
  readonly pool: Pool;
  readonly store: FileStore;
  readonly tokens: FileTokens;
}

const OfFile = z.object({ id: FileId });
const tags = ['Files'];
/** The addresses of files, for links. */
const BASE = '/api/v1/files';
/** A preview never changes, and each link to it is for one session. */
const PREVIEW_CACHE = 'private, max-age=31536000, immutable';
/** A cached file may be shown again while the account may still read it. */
const CONTENT_CACHE = 'private, no-cache';
const bytes = (description: string) => ({ 200: { description, content: BINARY } });
/** Describes a response of bytes in the OpenAPI document. */
export const BINARY = {
  'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) },
};

/** File content to send. */
interface Sent {
  readonly file: FileId;
  readonly digest: Digest;
  readonly bytes: number;
  readonly type: string;
  readonly disposition: string;
  readonly cache: string;
}

/** Registers the routes that describe and send files. */
export function downloadRoutes(instance: FastifyInstance, deps: DownloadDeps): void {
  linkFilesRoute(instance, deps);
  getFileRoute(instance, deps);
  contentRoutes(instance, deps);
}

/** Registers the route that returns links with which browsers load files. */
function linkFilesRoute(
  instance: FastifyInstance,
  { pool, tokens, authenticate: onRequest }: DownloadDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/files/links',
    schema: {
      operationId: 'linkFiles',
      tags,
      summary: 'Get links to files',
      description:
        'A browser can use the links without a token, for up to two hours, until the session ends or the account may no longer read the message. Files that the account may not read are left out.',
      querystring: FileLinksQuery,
      response: { 200: FileLinksAnswer, ...problems(401, 422) },
    },
    onRequest: onRequest,
    handler: async (request) => {
      const { account, id: session } = sessionOf(request);
      const files = await readableFiles(pool, account, request.query.files);
      const items = files.map(({ file, preview }) => {
        const { token, expiresAt } = tokens.make(file.id, { account, session });
        const url = (what: string) => `${BASE}/${file.id}/${what}?token=${token}`;
        return {
          file: file.id,
          url: url('content'),
          previewUrl: preview && url('preview'),
          expiresAt: expiresAt.toISOString(),
        };
      });
      return { items };
    },
  });
}

/** Registers the route that describes a file. */
function getFileRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: DownloadDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/files/:id',
    schema: {
      operationId: 'getFile',
      tags,
      summary: 'Get a file’s metadata',
      description:
        'The file must be in a message that the account may read, or uploaded by the account and not posted yet.',
      params: OfFile,
      response: { 200: Attachment, ...problems(401, 404) },
    },
    onRequest: onRequest,
    handler: async (request) =>
      (await readableFile(pool, sessionOf(request).account, request.params.id)).file,
  });
}

/** Registers the routes that send the content and the preview of a file. */
function contentRoutes(instance: FastifyInstance, deps: DownloadDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, tokens } = deps;
  const send = sender(deps);
  const { onRequest, holderOf } = linkAdmission(deps, (token, { params }) =>
    tokens.read((params as { id: FileId }).id, token),
  );

  app.route({
    method: 'GET',
    url: '/files/:id/content',
    schema: {
      operationId: 'getFileContent',
      tags,
      summary: 'Download a file',
      description:
        'Images, audio and video can be displayed inline; everything else is an attachment. Ranges are supported.',
      params: OfFile,
      querystring: FileContentQuery,
      response: { ...bytes('The content'), ...problems(401, 404, 410, 416, 429, 503) },
    },
    config: { isStreamed: true },
    onRequest,
    handler: async (request, reply) => {
      const { file, digest } = await readableFile(
        pool,
        holderOf(request).account,
        request.params.id,
      );
      const inline = isInline(file.mediaType) && request.query.download === undefined;
      return send(request, reply, holderOf(request), {
        file: file.id,
        digest,
        bytes: file.bytes,
        type: servedType(file.mediaType),
        disposition: contentDisposition(inline ? 'inline' : 'attachment', file.name),
        cache: CONTENT_CACHE,
      });
    },
  });

  app.route({
    method: 'GET',
    url: '/files/:id/preview',
    schema: {
      operationId: 'getFilePreview',
      tags,
      summary: 'Get the preview of an image',
      description: 'A WebP image without metadata, at most 1,280 pixels wide and high.',
      params: OfFile,
      querystring: FileContentQuery,
      response: { ...bytes('The preview'), ...problems(401, 404, 410, 416, 429, 503) },
    },
    config: { isStreamed: true },
    onRequest,
    handler: async (request, reply) => {
      const { file, preview } = await readableFile(
        pool,
        holderOf(request).account,
        request.params.id,
      );
      if (!preview) refuse('file_not_found', 'This file has no preview');
      return send(request, reply, holderOf(request), {
        file: file.id,
        ...preview,
        type: 'image/webp',
        disposition: contentDisposition('inline', `${file.name}.webp`),
        cache: PREVIEW_CACHE,
      });
    },
  });
}

/**
 * Returns a file that the account may read.
 *
 * @throws {RefusalError} file_not_found
 */
async function readableFile(pool: Pool, account: AccountId, id: FileId): Promise<ReadableFile> {
  const [found] = await readableFiles(pool, account, [id]);
  return found ?? refuse('file_not_found');
}

/**
 * Returns a function that sends file content: in full, in part, or not at all if the client has it.
 */
function sender({ pool, store, isAlive }: DownloadDeps) {
  const downloads = new Downloads();
  return async (request: FastifyRequest, reply: FastifyReply, holder: LinkHolder, sent: Sent) => {
    const { account } = holder;
    const etag = `"${sent.digest.slice(0, 32)}"`;
    reply.headers({
      etag,
      'cache-control': sent.cache,
      'accept-ranges': 'bytes',
      'content-disposition': sent.disposition,
    });
    const { 'if-none-match': knownTags, 'if-range': ifRange, range: rangeHeader } = request.headers;
    if (knownTags?.split(',').some((tag) => tag.trim() === etag)) {
      return reply.code(304).send();
    }
    const header = ifRange === undefined || ifRange === etag ? rangeHeader : undefined;
    const range = rangeOf(header, sent.bytes);
    if (range === 'unsatisfiable') {
      reply.header('content-range', `bytes */${sent.bytes}`);
      refuse('file_range');
    }
    const length = range ? range.end - range.start + 1 : sent.bytes;
    reply
      .code(range ? 206 : 200)
      .type(sent.type)
      .header('content-length', length);
    if (range) reply.header('content-range', `bytes ${range.start}-${range.end}/${sent.bytes}`);
    // As a stream, so that the content length is kept.
    if (request.method === 'HEAD' || length === 0) return reply.send(Readable.from([]));
    const content = await downloads.open({
      account,
      response: reply.raw,
      // Never more bytes than announced, and an error if there are fewer.
      open: () => store.read(sent.digest, range ?? { start: 0, end: sent.bytes - 1 }),
      mayContinue: async () =>
        (await isAlive(holder)) && (await readableFiles(pool, account, [sent.file])).length > 0,
      onError: (err) => request.log.warn({ err }, 'access to a file not checked, will be retried'),
    });
    if (!content) {
      request.log.error({ digest: sent.digest }, 'content of a file is missing');
      reply.removeHeader('content-length').removeHeader('content-range');
      refuse('file_not_found', 'The content of this file is missing on the server');
    }
    return reply.send(content);
  };
}
