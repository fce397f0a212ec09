import { Readable } from 'node:stream';
import {
  CreateLegalHoldBody,
  FileId,
  HoldableGroupsAnswer,
  HoldableGroupsQuery,
  LegalHold,
  LegalHoldsPage,
  LegalHoldsQuery,
  Timestamp,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AccountParts } from '../accounts/parts.ts';
import type { Clock } from '../clock.ts';
import { BINARY } from '../files/download-routes.ts';
import { Downloads } from '../files/downloads.ts';
import { contentDisposition } from '../files/file-name.ts';
import type { FileStore } from '../files/file-store.ts';
import type { LinkHolder } from '../files/links.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems, textFile } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { requesterOf } from '../http/requester.ts';
import { holdInForce, legalHoldExport } from './export.ts';
import type { LegalHoldPurge } from './purge.ts';
import { heldFile, holdableGroups, legalHold, legalHolds } from './queries.ts';
import { placeLegalHold, releaseLegalHold } from './requests.ts';

/** The dependencies of the routes of legal holds. */
export interface LegalHoldRoutesDeps {
  readonly accounts: AccountParts;
  readonly store: FileStore;
  readonly purge: Pick<LegalHoldPurge, 'wake'>;
  readonly clock: Clock;
  /** Returns whether a session still exists. */
  isAlive(holder: LinkHolder): Promise<boolean>;
}

const OfHold = z.object({ id: z.uuid() });
const tags = ['Administration'];
const security = [{ accessToken: [] }];
const RECENT = 'Requires a log-in or a call of `/me/reauthenticate` within the last ten minutes.';
const FORMAT = 'application/jsonl';
const Place = z.object({ at: Timestamp, id: z.uuid() });

/** Registers the routes with which owners place, read, export and release legal holds. */
export function legalHoldRoutes(instance: FastifyInstance, deps: LegalHoldRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit, limits, sessions, authenticate: onRequest } = deps.accounts;
  const requestOf = (request: FastifyRequest, id: string) => ({
    ...{ actor: sessionOf(request).account, id },
    at: new Date(deps.clock.now()),
    audit: { log: audit, address: request.ip },
  });

  app.route({
    method: 'GET',
    url: '/admin/legal-holds',
    schema: {
      operationId: 'listLegalHolds',
      tags,
      summary: 'List the legal holds, including released ones, the latest first',
      security,
      querystring: LegalHoldsQuery,
      response: { 200: LegalHoldsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, limit } = request.query;
      const { items, next } = await legalHolds(pool, pageCursor.read(after, Place), limit);
      return { items, next: next && pageCursor.write(next) };
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/legal-holds',
    schema: {
      operationId: 'createLegalHold',
      tags,
      summary: 'Place a legal hold over accounts and conversations',
      description:
        'While it is in force, the texts in all their versions, and the files, of the messages that it covers are ' +
        'kept when they are deleted by anyone or by retention, for the export of the hold alone. ' +
        'Everyone else sees deletions as usual, and no one concerned is notified.',
      security,
      headers: IdempotencyHeader,
      body: CreateLegalHoldBody,
      response: { 201: LegalHold, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { since, until, ...hold } = request.body;
      const placed = await placeLegalHold(pool, requestOf(request, requesterOf(request).clientId), {
        ...hold,
        since: since ? new Date(since) : null,
        until: until ? new Date(until) : null,
      });
      return reply.code(201).send(placed);
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/legal-holds/groups',
    schema: {
      operationId: 'findHoldableGroups',
      tags,
      summary:
        'Find groups for a legal hold by part of their names, including private and deleted ones',
      security,
      querystring: HoldableGroupsQuery,
      response: { 200: HoldableGroupsAnswer, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: (request) => holdableGroups(pool, request.query.search),
  });

  app.route({
    method: 'GET',
    url: '/admin/legal-holds/:id',
    schema: {
      operationId: 'getLegalHold',
      tags,
      summary: 'Get a legal hold',
      security,
      params: OfHold,
      response: { 200: LegalHold, ...problems(401, 403, 404, 422) },
    },
    onRequest,
    handler: async (request) =>
      (await legalHold(pool, request.params.id)) ?? refuse('legal_hold_not_found'),
  });

  app.route({
    method: 'POST',
    url: '/admin/legal-holds/:id/release',
    schema: {
      operationId: 'releaseLegalHold',
      tags,
      summary: 'Release a legal hold',
      description:
        'What it alone has kept of deleted messages is deleted in the background. Releasing it again changes ' +
        `nothing. ${RECENT}`,
      security,
      params: OfHold,
      response: { 200: LegalHold, ...problems(401, 403, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      await sessions.requireRecent(sessionOf(request).id);
      const released = await releaseLegalHold(pool, requestOf(request, request.params.id));
      deps.purge.wake();
      return released;
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/legal-holds/:id/export',
    schema: {
      operationId: 'exportLegalHold',
      tags,
      summary: 'Export the messages that a legal hold covers as JSON Lines',
      description:
        'The hold, then for each conversation a line about it and the events that posted, edited and deleted its ' +
        'messages, with the texts of those that were deleted while the hold was in force. Files are named by their ' +
        'ids. The export is recorded in the audit log. It ends early, with a broken connection, if its session ends ' +
        `or loses the role, or if the hold is released. ${RECENT}`,
      security,
      params: OfHold,
      response: {
        ...textFile('The messages', [FORMAT]),
        ...problems(401, 403, 404, 409, 422, 429),
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

  heldFileRoute(instance, deps);
}

const CONTENT: object = { 200: { description: 'The content', content: BINARY } };
const HeldFileParams = z.object({ id: z.uuid(), file: FileId });

/** Registers the route that sends a file of a legal hold. */
function heldFileRoute(instance: FastifyInstance, deps: LegalHoldRoutesDeps): void {
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
      description: `Also of deleted messages. Each download is recorded in the audit log. ${RECENT}`,
      security,
      params: HeldFileParams,
      response: {
        ...CONTENT,
        ...problems(401, 403, 404, 409, 422, 503),
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
