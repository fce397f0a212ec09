import { Readable } from 'node:stream';
import { DeleteMeBody, ExportBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AccountDeps } from '../accounts/accounts.ts';
import { confirmPerson } from '../accounts/confirm.ts';
import type { Clock } from '../clock.ts';
import { sessionOf } from '../http/authenticate.ts';
import { file, IdempotencyHeader, problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import { deleteAccount } from './delete.ts';
import type { Erasures } from './erasures.ts';
import { exportOf } from './export.ts';

/** What the routes of one’s own data work with. */
export interface OwnDataDeps {
  readonly accounts: AccountDeps;
  readonly erasures: Erasures;
  readonly clock: Clock;
}

const tags = ['Accounts'];
const security = [{ accessToken: [] }];

/** To take along what is one’s own, and to go. */
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
      summary: 'All that the server has of oneself, as a JSON file',
      security,
      body: ExportBody,
      response: { ...file('All of it'), ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      const session = sessionOf(request);
      await confirmPerson(deps.accounts, request, request.body.password);
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
      summary: 'Delete one’s own account, for good',
      description:
        'Its messages stay, as those of a deleted account, or go too: that takes a moment and ' +
        'goes on after the answer.',
      security,
      headers: IdempotencyHeader,
      body: DeleteMeBody,
      response: {
        204: z.undefined().describe('Nobody can log in to it any more'),
        ...problems(401, 403, 409, 422, 429),
      },
    },
    onRequest,
    handler: async (request, reply) => {
      const session = sessionOf(request);
      const { password, messages } = request.body;
      await confirmPerson(deps.accounts, request, password);
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
