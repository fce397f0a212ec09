import { SessionId, SessionsAnswer } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AuditLog } from '../../audit/audit-log.ts';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import type { Sessions } from './sessions.ts';

interface SessionRoutesDeps {
  readonly sessions: Sessions;
  readonly audit: AuditLog;
  readonly authenticate: onRequestAsyncHookHandler;
}

const NOTHING = z.undefined().describe('Done');
const RECENT =
  'Requires a login or a call of `/me/reauthenticate` within the last ten minutes; otherwise ' +
  '`reauthentication_required`.';

/** Registers the routes of the caller’s sessions. */
export function sessionRoutes(instance: FastifyInstance, deps: SessionRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { sessions, audit, authenticate } = deps;

  app.route({
    method: 'GET',
    url: '/me/sessions',
    schema: {
      operationId: 'listMySessions',
      tags: ['Accounts'],
      summary: 'List your sessions, most recently used first',
      response: { 200: SessionsAnswer, ...problems(401) },
    },
    onRequest: authenticate,
    handler: async (request) => {
      const { account, id: current } = sessionOf(request);
      const items = (await sessions.list(account)).map((session) => ({
        ...session,
        createdAt: new Date(session.createdAt).toISOString(),
        lastUsedAt: new Date(session.lastUsedAt).toISOString(),
        current: session.id === current,
      }));
      return { items };
    },
  });

  app.route({
    method: 'DELETE',
    url: '/me/sessions/:id',
    schema: {
      operationId: 'endMySession',
      tags: ['Accounts'],
      summary: 'End one of your sessions',
      description: RECENT,
      params: z.object({ id: SessionId }),
      response: { 204: NOTHING, ...problems(401, 403, 404) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      if (request.params.id !== id) await sessions.requireRecent(id);
      if (!(await sessions.endOwn(account, request.params.id))) refuse('not_found');
      const details = { session: request.params.id };
      await audit.record({ event: 'session_ended', account, address: request.ip, details });
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'POST',
    url: '/me/sessions/end-others',
    schema: {
      operationId: 'endMyOtherSessions',
      tags: ['Accounts'],
      summary: 'End all your other sessions',
      description: RECENT,
      response: { 204: NOTHING, ...problems(401, 403) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      await sessions.requireRecent(id);
      const note = audit.note({ event: 'sessions_ended', account, address: request.ip });
      await sessions.endAll(account, { except: id, change: (client) => note.store(client) });
      note.log();
      return reply.code(204).send();
    },
  });
}
