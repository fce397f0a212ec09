import {
  type ConversationId,
  OpenReportsAnswer,
  ReportDetails,
  ReportMessageBody,
  ReportsPage,
  ReportsQuery,
  ResolveReportBody,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { endAccess } from '../admin/end-access.ts';
import { type Session, sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { requesterOf } from '../http/requester.ts';
import { headers, OfConversation, OfMessage } from '../messages/routes/requests.ts';
import { mayModerate, permitModeration, reportFor } from './access.ts';
import { reportMessage } from './commands.ts';
import type { OpenReports } from './open-reports.ts';
import { openReports, reportDetails } from './queries.ts';
import { type Resolution, reportWithId, resolveReports } from './resolve.ts';
import { resolveFlag } from './resolve-flag.ts';

interface ReportDeps {
  readonly accounts: AccountParts;
  readonly keys: ApiKeys;
  readonly openReports: OpenReports;
}

const tags = ['Moderation'];
const OfReport = z.object({ id: z.uuid() });

/** Registers the routes that let members report messages, and admins resolve the reports. */
export function reportRoutes(instance: FastifyInstance, deps: ReportDeps): void {
  reportMessageRoute(instance, deps);
  openReportsRoutes(instance, deps);
  getReportRoute(instance, deps);
  resolveReportRoute(instance, deps);
}

/** Registers the route that lets members report messages. */
function reportMessageRoute(instance: FastifyInstance, deps: ReportDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { append, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/report',
    schema: {
      operationId: 'reportMessage',
      tags,
      summary: 'Report a message to the admins',
      description:
        'Each account can report a message once; its author is not notified. The event `report.resolved` of the ' +
        'personal stream has the decision of the admins.',
      headers,
      params: OfMessage,
      body: ReportMessageBody,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422, 429, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id: conversation, seq: message } = request.params;
      const r = requesterOf(request);
      const report = { conversation, message, ...request.body };
      storedOrRefuse(await reportMessage(append, r, report));
      deps.openReports.changed([conversation]);
      return reply.code(204).send(null);
    },
  });
}

/** Registers the routes that list and count the open reports. */
function openReportsRoutes(instance: FastifyInstance, deps: ReportDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'GET',
    url: '/admin/reports',
    schema: {
      operationId: 'listReports',
      tags,
      summary: 'List all open reports, the oldest first',
      querystring: ReportsQuery,
      response: { 200: ReportsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: (request) => reportsPage(pool, sessionOf(request), null, request.query),
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/reports',
    schema: {
      operationId: 'listGroupReports',
      tags,
      summary: 'List the open reports of messages of a group, the oldest first (admins)',
      params: OfConversation,
      querystring: ReportsQuery,
      response: { 200: ReportsPage, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      await permitModeration(pool, sessionOf(request), id);
      return reportsPage(pool, sessionOf(request), id, request.query);
    },
  });

  app.route({
    method: 'GET',
    url: '/reports/open',
    schema: {
      operationId: 'countOpenReports',
      tags,
      summary: 'Count the open reports that you may read',
      description:
        'Counts the reports that you may read: for admins of the server those of all conversations, otherwise those of groups in which you may ban, and never those of your own messages. Counts up to `limits.openReportsMax`. The frame `reports` announces changes.',
      response: { 200: OpenReportsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: (request) => deps.openReports.count(sessionOf(request)),
  });
}

/** Registers the route that shows a report with the messages around the reported one. */
function getReportRoute(instance: FastifyInstance, { accounts }: ReportDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/reports/:id',
    schema: {
      operationId: 'getReport',
      tags,
      summary: 'Get an open report with the messages around the reported one',
      params: OfReport,
      response: { 200: ReportDetails, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const by = sessionOf(request);
      const details =
        (await reportDetails(pool, by.account, request.params.id)) ?? refuse('not_found');
      // As if the report did not exist: only those who may read it may know that there is one.
      if (!(await mayModerate(pool, by, details.report.conversation))) refuse('not_found');
      const { id, conversation, message, author } = details.report;
      await audit.record({
        event: 'report_viewed',
        account: author.account,
        actor: by.account,
        address: request.ip,
        details: { report: id, conversation, message },
      });
      return { ...details, report: reportFor(by, details.report) };
    },
  });
}

/** Registers the route that lets admins resolve the reports of a message. */
function resolveReportRoute(instance: FastifyInstance, deps: ReportDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, audit, sessions, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/reports/:id/resolve',
    schema: {
      operationId: 'resolveReport',
      tags,
      summary: 'Resolve all open reports of a message',
      description:
        'Dismisses the reports, or hides or deletes the message. With `suspendUntil` the author is suspended in the ' +
        'same transaction, until that time or (null) indefinitely. Each reporter receives `report.resolved`. Refused ' +
        'with `report_resolved` if the reports were resolved differently meanwhile.',
      headers,
      params: OfReport,
      body: ResolveReportBody,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const by = {
        ...requesterOf(request),
        audit: { log: audit, address: request.ip },
      };
      const report = (await reportWithId(pool, request.params.id)) ?? refuse('not_found');
      const resolution = resolutionOf(request.body);
      if (report.reporter === null) await resolveFlag({ append, pool }, by, report, resolution);
      else storedOrRefuse(await resolveReports({ append, pool }, by, report, resolution));
      deps.openReports.changed([report.conversation]);
      // Even on a retry: the process may have ended before doing so.
      if (resolution.suspension) {
        await endAccess({ sessions, keys: deps.keys }, report.author);
      }
      return reply.code(204).send(null);
    },
  });
}

/** Returns a page of the open reports of a conversation, or of all conversations, as the caller sees them. */
async function reportsPage(
  pool: pg.Pool,
  by: Session,
  conversation: ConversationId | null,
  query: z.output<typeof ReportsQuery>,
): Promise<ReportsPage> {
  const after = pageCursor.read(query.after, z.uuid());
  const page = { conversation, after, limit: query.limit };
  const { items, next } = await openReports(pool, by.account, page);
  return {
    items: items.map((report) => reportFor(by, report)),
    next: next && pageCursor.write(next),
  };
}

const RESOLUTION_OF = { dismiss: 'dismissed', hide: 'hidden', delete: 'deleted' } as const;

/** Returns what the body of a request decides about the message and its author. */
function resolutionOf(body: z.output<typeof ResolveReportBody>): Resolution {
  const { action, suspendUntil: until, suspensionReason: reason } = body;
  return {
    resolution: RESOLUTION_OF[action],
    suspension: until === undefined ? null : { until, reason },
  };
}
