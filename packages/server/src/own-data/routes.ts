import { Readable } from 'node:stream';
import { DeleteMeBody, ExportBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { reauthenticate } from '../accounts/logins/reauthentication.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { deleteAccount } from '../admin/delete-account.ts';
import type { Erasures } from '../erasure/erasures.ts';
import { sessionOf } from '../http/authenticate.ts';
import { file, IdempotencyHeader, problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import type { Clock } from '../runtime/clock.ts';
import { exportOf } from './export.ts';

interface OwnDataDeps {
  readonly accounts: AccountParts;
  readonly erasures: Erasures;
  readonly clock: Clock;
}

const tags = ['Accounts'];

/** Registers the routes that let users export their data and delete their account. */
export function ownDataRoutes(instance: FastifyInstance, deps: OwnDataDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { erasures, clock } = deps;
  const { pool, append, sessions, limits, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/me/export',
    schema: {
      operationId: 'exportMe',
      tags,
      summary: 'Export all data of your account as a JSON file',
      body: ExportBody,
      response: { ...file('The data of the account'), ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const session = sessionOf(request);
      await reauthenticate(deps.accounts, session, request.body.password, request.ip);
      await limits.take('export', session.account);
      reply
        .type('application/json; charset=utf-8')
        .header('content-disposition', 'attachment; filename="parley-export.json"');
      return reply.send(Readable.from(exportOf({ pool, clock }, session.account)));
    },
  });

  app.route({
    method: 'POST',
    url: '/me/delete',
    schema: {
      operationId: 'deleteMe',
      tags,
      summary: 'Delete your account permanently',
      description:
        'With `messages: keep` its messages remain, under the name of a deleted account. With `delete` they are ' +
        'deleted in the background after the response.',
      headers: IdempotencyHeader,
      body: DeleteMeBody,
      response: {
        204: z.undefined().describe('The account is deleted'),
        ...problems(401, 403, 409, 422, 429, 503),
      },
    },
    onRequest,
    handler: async (request, reply) => {
      const session = sessionOf(request);
      const { password, messages } = request.body;
      await reauthenticate(deps.accounts, session, password, request.ip);
      const { account } = session;
      const r = {
        actor: account,
        clientId: clientIdOf(request),
        target: account,
        audit: { log: deps.accounts.audit, address: request.ip },
      };
      storedOrRefuse(await deleteAccount(append, r, messages));
      await sessions.endAll(account);
      erasures.wake();
      return reply.code(204).send();
    },
  });
}
