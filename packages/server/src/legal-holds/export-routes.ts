import { Readable } from 'node:stream';
import { FileId } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AccountParts } from '../accounts/parts.ts';
import { BINARY } from '../files/download-routes.ts';
import { Downloads } from '../files/downloads.ts';
import { contentDisposition } from '../files/file-name.ts';
import type { FileStore } from '../files/file-store.ts';
import type { LinkHolder } from '../files/links.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems, textFile } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { holdInForce, legalHoldExport } from './export.ts';
import { heldFile } from './queries.ts';
import { OfHold, RECENT, tags } from './requests.ts';

/** Where exports are read from. A download link works while its session exists. */
export interface ExportDeps {
  readonly accounts: AccountParts;
  readonly store: FileStore;
  /** Returns whether a session still exists. */
  isAlive(holder: LinkHolder): Promise<boolean>;
}

const FORMAT = 'application/jsonl';
const CONTENT: object = { 200: { description: 'The content', content: BINARY } };
const HeldFileParams = OfHold.extend({ file: FileId });

/** Registers the routes that export the messages of a legal hold, and their files. */
export function exportRoutes(instance: FastifyInstance, deps: ExportDeps): void {
  exportRoute(instance, deps);
  heldFileRoute(instance, deps);
}

/** Registers the route that exports the messages of a legal hold. */
function exportRoute(instance: FastifyInstance, { accounts }: ExportDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit, limits, sessions, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/legal-holds/:id/export',
    schema: {
      operationId: 'exportLegalHold',
      tags,
      summary: 'Export the messages that a legal hold covers as JSON Lines',
      description:
        'Returns the hold, then for each conversation a line about it and the events that posted, edited and deleted ' +
        'its messages, including the texts of those deleted while the hold was in force. Files are named by their ' +
        'ids. The export is recorded in the audit log. It ends early, with a broken connection, if the session ends ' +
        `or loses the role, or if the hold is released. ${RECENT}`,
      params: OfHold,
      response: {
        ...textFile('The messages', [FORMAT]),
        ...problems(401, 403, 404, 409, 429),
      },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account, id: session } = sessionOf(request);
      const { id } = request.params;
      await sessions.requireRecent(session);
      await holdInForce(pool, id);
      await limits.take('export', account);
      await audit.record({
        event: 'legal_hold_exported',
        actor: account,
        address: request.ip,
        details: { hold: id },
      });
      reply
        .type(`${FORMAT}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="legal-hold-${id}.jsonl"`);
      const checkAccess = async () => {
        await onRequest.call(instance, request, reply);
      };
      return reply.send(Readable.from(legalHoldExport(pool, id, checkAccess)));
    },
  });
}

/** Registers the route that sends a file of a legal hold. */
function heldFileRoute(instance: FastifyInstance, deps: ExportDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit, sessions, authenticate: onRequest } = deps.accounts;
  const downloads = new Downloads();

  app.route({
    method: 'GET',
    url: '/admin/legal-holds/:id/files/:file',
    schema: {
      operationId: 'getHeldFile',
      tags,
      summary: 'Download a file of the messages that a legal hold covers',
      description: `Includes files of deleted messages. Each download is recorded in the audit log. ${RECENT}`,
      params: HeldFileParams,
      response: {
        ...CONTENT,
        ...problems(401, 403, 404, 409, 503),
      },
    },
    config: { isStreamed: true },
    onRequest,
    handler: async (request, reply) => {
      const { account, id: session } = sessionOf(request);
      const { id, file } = request.params;
      await sessions.requireRecent(session);
      await holdInForce(pool, id);
      const found = (await heldFile(pool, id, file)) ?? refuse('file_not_found');
      const content = await downloads.open({
        account,
        response: reply.raw,
        open: () => deps.store.read(found.digest),
        mayContinue: async () =>
          (await deps.isAlive({ account, session })) && (await heldFile(pool, id, file)) !== null,
        onError: (err) =>
          request.log.warn({ err }, 'access to a file not checked, will be retried'),
      });
      if (!content) {
        request.log.error({ digest: found.digest }, 'content of a file is missing');
        refuse('file_not_found', 'The content of this file is missing on the server');
      }
      await audit.record({
        event: 'legal_hold_exported',
        actor: account,
        address: request.ip,
        details: { hold: id, file },
      });
      return reply
        .type('application/octet-stream')
        .headers({
          'content-length': String(found.bytes),
          'content-disposition': contentDisposition('attachment', found.name),
          'cache-control': 'private, no-store',
        })
        .send(content);
    },
  });
}
