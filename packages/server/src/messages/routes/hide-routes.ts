import { CommandAnswer, HiddenMessage } from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Pool } from 'pg';
import type { AuditLog } from '../../audit/audit-log.ts';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { hiddenMessage } from '../hidden-texts.ts';
import { hideMessage, unhideMessage } from '../hide-rules.ts';
import type { CommandRouteDeps } from './command-routes.ts';
import { commandAnswer, commandRequest, headers, OfMessage } from './requests.ts';

interface HideRouteDeps extends CommandRouteDeps {
  readonly pool: Pool;
  readonly audit: AuditLog;
}

const tags = ['Messages'];
const refusals = [401, 403, 404, 409, 422, 503] as const;

/** Registers the routes that let moderators hide messages, show them again, and read hidden ones. */
export function hideRoutes(instance: FastifyInstance, deps: HideRouteDeps): void {
  changeHiddenRoutes(instance, deps);
  readHiddenRoute(instance, deps);
}

/** Registers the routes that hide a message and show it again. */
function changeHiddenRoutes(instance: FastifyInstance, deps: HideRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { append, audit: log, authenticate: onRequest } = deps;
  const audit = (request: FastifyRequest) => ({ log, address: request.ip });

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/hidden',
    schema: {
      operationId: 'hideMessage',
      tags,
      summary: 'Hide a message as a moderator',
      description:
        'Allowed for those who may delete the messages of others. Until the message is shown again, its text and files ' +
        'are hidden from everyone else, including its author, and removed from search and from earlier events. Polls ' +
        'can’t be hidden.',
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(...refusals) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      return commandAnswer(command, await hideMessage(append, command, seq, audit(request)));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/messages/:seq/hidden',
    schema: {
      operationId: 'unhideMessage',
      tags,
      summary: 'Show a hidden message again',
      description:
        'Its files and its edit history return too, and its links get new previews. An admin of the server who hid a ' +
        'reported message may also show it again without being a member.',
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(...refusals) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      return commandAnswer(command, await unhideMessage(append, command, seq, audit(request)));
    },
  });
}

/** Registers the route that returns the text and the files of a hidden message to moderators. */
function readHiddenRoute(instance: FastifyInstance, deps: HideRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit: log, authenticate: onRequest } = deps;

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq/hidden',
    schema: {
      operationId: 'getHiddenMessage',
      tags,
      summary: 'Read a hidden message as a moderator',
      description: 'Each read is recorded in the audit log.',
      params: OfMessage,
      response: { 200: HiddenMessage, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const { account } = sessionOf(request);
      const { author, ...hidden } = await hiddenMessage(pool, account, id, seq);
      await log.record({
        event: 'hidden_message_viewed',
        account: author,
        actor: account,
        address: request.ip,
        details: { conversation: id, message: seq },
      });
      return hidden;
    },
  });
}
