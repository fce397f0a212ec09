import {
  ServerSettings as Schema,
  ServerSettingsAnswer,
  ServerSettingsChange,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AuditLog } from '../audit/audit-log.ts';
import { problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import { headers } from '../messages/routes/requests.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { Append } from '../stream/append.ts';
import { changeServerSettings } from './change-settings.ts';

interface SettingsRoutesDeps {
  readonly append: Append;
  readonly audit: AuditLog;
  readonly settings: ServerSettings;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of the settings that are stored in the database. */
export function serverSettingsRoutes(instance: FastifyInstance, deps: SettingsRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { append, audit, settings, authenticate: onRequest } = deps;
  const answer = async () => ({
    settings: await settings.load(),
    overridden: settings.overridden,
  });

  app.route({
    method: 'GET',
    url: '/server-settings',
    schema: {
      operationId: 'getServerSettings',
      tags: ['Server'],
      summary: 'Get the settings in effect on the server',
      description: 'The event `server.updated` is sent when any of them changes.',
      response: { 200: Schema, ...problems(401, 403) },
    },
    onRequest,
    handler: () => settings.load(),
  });

  app.route({
    method: 'GET',
    url: '/admin/server-settings',
    schema: {
      operationId: 'getAdminServerSettings',
      tags: ['Administration'],
      summary: 'Get the settings in effect and what environment variables override',
      response: { 200: ServerSettingsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: answer,
  });

  app.route({
    method: 'PATCH',
    url: '/admin/server-settings',
    schema: {
      operationId: 'changeServerSettings',
      tags: ['Administration'],
      summary: 'Change settings of the server',
      description:
        'Takes effect on all nodes within two seconds, without a restart; registration at once. A setting in ' +
        '`overridden` is stored, and takes effect when its environment variable is removed.',
      headers,
      body: ServerSettingsChange,
      response: { 200: ServerSettingsAnswer, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request) => {
      storedOrRefuse(
        await changeServerSettings(append, {
          ...requesterOf(request),
          change: request.body,
          audit: { log: audit, address: request.ip },
        }),
      );
      return answer();
    },
  });
}
