import {
  type ConversationId,
  ReportDetails,
  ReportMessageBody,
  ReportsPage,
  ReportsQuery,
  ResolveReportBody,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { suspendAccount } from '../admin/suspend-account.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import { pageCursor } from '../http/page.ts';
import { headers, OfConversation, OfMessage, security } from '../messages/requests.ts';
import { derivedId } from '../stream/derived-id.ts';
import { permitModeration } from './access.ts';
import { openReport, reportMessage, resolveReports } from './commands.ts';
import { openReports, reportDetails } from './queries.ts';

/** The dependencies of the routes of reports. */
export interface ReportDeps {
  readonly accounts: AccountParts;
  readonly keys: ApiKeys;
}

const tags = ['Moderation'];
const OfReport = z.object({ id: z.uuid() });

/** Registers the routes with which members report messages, and admins resolve the reports. */
export function reportRoutes(instance: FastifyInstance, deps: ReportDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, audit, sessions, authenticate: onRequest } = deps.accounts;
  const list = async (
    conversation: ConversationId | null,
    { after, limit }: z.infer<typeof ReportsQuery>,
  ) => {
    const place = pageCursor.read(after, z.uuid());
    const { items, next } = await openReports(pool, conversation, place, limit);
    return { items, next: next && pageCursor.write(next) };
  };

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/report',
    schema: {
      operationId: 'reportMessage',
      tags,
      summary: 'Report a message to the admins',
      description:
        'Once for each account and message; the author is not told. The event `report.resolved` in the ' +
        'personal stream says what the admins have done.',
      security,
      headers,
      params: OfMessage,
      body: ReportMessageBody,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id: conversation, seq: message } = request.params;
      const r = { actor: sessionOf(request).account, clientId: clientIdOf(request) };
      const report = { conversation, message, ...request.body };
      storedOrRefuse(await reportMessage(append, r, report));
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/reports',
    schema: {
      operationId: 'listReports',
      tags,
      summary: 'List all open reports, the oldest first',
      security,
      querystring: ReportsQuery,
      response: { 200: ReportsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: (request) => list(null, request.query),
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/reports',
    schema: {
      operationId: 'listGroupReports',
      tags,
      summary: 'List the open reports of messages of a group, the oldest first (admins)',
      security,
      params: OfConversation,
      querystring: ReportsQuery,
      response: { 200: ReportsPage, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      await permitModeration(pool, sessionOf(request), id);
      return list(id, request.query);
    },
  });

  app.route({
    method: 'GET',
    url: '/reports/:id',
    schema: {
      operationId: 'getReport',
      tags,
      summary: 'Get an open report with the messages around the reported one',
      security,
      params: OfReport,
      response: { 200: ReportDetails, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const found = (await reportDetails(pool, request.params.id)) ?? refuse('not_found');
      await permitModeration(pool, sessionOf(request), found.report.conversation);
      return found;
    },
  });

  app.route({
    method: 'POST',
    url: '/reports/:id/resolve',
    schema: {
      operationId: 'resolveReport',
      tags,
      summary: 'Resolve all open reports of a message',
      description:
        'Dismisses them, or deletes the message; with `suspendUntil` the author is suspended first. Each ' +
        'reporter receives `report.resolved`.',
      security,
      headers,
      params: OfReport,
      body: ResolveReportBody,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account: actor } = sessionOf(request);
      const { action, suspendUntil: until, suspensionReason: reason } = request.body;
      const report = (await openReport(pool, request.params.id)) ?? refuse('not_found');
      await permitModeration(pool, sessionOf(request), report.conversation);
      const by = { actor, audit: { log: audit, address: request.ip } };
      const clientId = clientIdOf(request);
      if (until !== undefined) {
        const target = report.author;
        // Its own id: the id of the request is that of the resolution.
        const suspension = { ...by, clientId: derivedId('suspension', clientId), target };
        storedOrRefuse(await suspendAccount(append, suspension, { until, reason }));
        await Promise.all([sessions.endAll(target), deps.keys.closeAll(target)]);
      }
      const resolution = action === 'delete' ? 'deleted' : 'dismissed';
      storedOrRefuse(
        await resolveReports({ append, pool }, { ...by, clientId }, report, resolution),
      );
      return reply.code(204).send(null);
    },
  });
}
