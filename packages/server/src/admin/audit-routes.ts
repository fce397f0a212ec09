import { Readable } from 'node:stream';
import { AuditLogPage, AuditLogQuery, ExportAuditLogQuery } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AccountParts } from '../accounts/parts.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems, textFile } from '../http/describe.ts';
import { pageCursor } from '../http/page.ts';
import { auditEntries, auditExport, checkExportSize, EXPORT_MAX } from './audit-entries.ts';

const tags = ['Administration'];
/** The media type of each format, as a response and in the documentation. */
const FORMATS = { jsonl: 'application/jsonl', csv: 'text/csv' } as const;

/** Registers the routes that read the audit log. */
export function auditRoutes(instance: FastifyInstance, accounts: AccountParts): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit, limits, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/audit-log',
    schema: {
      operationId: 'listAuditLog',
      tags,
      summary: 'List the entries of the audit log, the latest first',
      description: 'Entries are kept for 180 days. docs/audit-log.md describes the events.',
      querystring: AuditLogQuery,
      response: { 200: AuditLogPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, limit, ...filter } = request.query;
      const place = pageCursor.read(after, z.uuid());
      const { items, next } = await auditEntries(pool, filter, place, limit);
      return { items, next: next && pageCursor.write(next) };
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/audit-log/export',
    schema: {
      operationId: 'exportAuditLog',
      tags,
      summary: 'Export entries of the audit log as JSON Lines or CSV',
      description:
        'Returns the same entries as the list, in one file: at most 100,000. For more, export shorter periods one by one. The export itself is recorded. If the session ends or loses its role, the connection is closed before the export is complete.',
      querystring: ExportAuditLogQuery,
      response: {
        ...textFile('The entries, the latest first', Object.values(FORMATS)),
        ...problems(401, 403, 422, 429),
      },
    },
    onRequest,
    handler: async (request, reply) => {
      const { format, ...filter } = request.query;
      const { account } = sessionOf(request);
      await limits.take('export', account);
      await checkExportSize(pool, filter, EXPORT_MAX);
      await audit.record({
        event: 'audit_log_exported',
        account,
        address: request.ip,
        details: { format },
      });
      reply
        .type(`${FORMATS[format]}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="audit-log.${format}"`);
      const checkAccess = async () => {
        await onRequest.call(instance, request, reply);
      };
      return reply.send(Readable.from(auditExport(pool, filter, format, checkAccess)));
    },
  });
}
