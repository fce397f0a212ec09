import { statfs } from 'node:fs/promises';
import { type NotificationHealth, ServerState } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { problems } from '../http/describe.ts';
import type { NodeStates } from './node-states.ts';

/** What the state of the server is gathered from. */
export interface ServerStateDeps {
  readonly pool: pg.Pool;
  readonly nodes: NodeStates;
  readonly dataDir: string;
  /** Whether writes are rejected because the disk is almost full; null with an external database. */
  readonly disk: { readonly figures: { readonly full: boolean } } | null;
  /** How notifications are delivered, on all nodes; null if it could not be read. */
  readonly notifications: () => Promise<NotificationHealth | null>;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the route for the state of the running server. */
export function serverStateRoutes(instance: FastifyInstance, deps: ServerStateDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/admin/server-state',
    schema: {
      operationId: 'getServerState',
      tags: ['Administration'],
      summary: 'Get the state of the nodes, the database, the disk and the queues',
      description:
        'Other nodes report every five seconds, and queues are counted at most every five seconds; everything else is measured for this response. Rates and times cover the last minute.',
      response: { 200: ServerState, ...problems(401, 403) },
    },
    onRequest: deps.authenticate,
    handler: async () => {
      const [database, disk, notifications] = await Promise.all([
        databaseState(deps.pool),
        diskState(deps.dataDir),
        deps.notifications(),
      ]);
      return {
        nodes: deps.nodes.all(),
        database: { kind: deps.disk ? ('embedded' as const) : ('external' as const), ...database },
        disk: { ...disk, isFull: deps.disk?.figures.full ?? false },
        notifications,
      };
    },
  });
}

async function databaseState(pool: pg.Pool) {
  const start = performance.now();
  const { rows } = await pool.query<{ version: string; size: string }>({
    name: 'server-state-database',
    text: `select current_setting('server_version') as version,
                  pg_database_size(current_database()) as size`,
  });
  const answerMs = Math.round((performance.now() - start) * 10) / 10;
  const { version = '', size = '0' } = rows[0] ?? {};
  return { version, sizeBytes: Number(size), answerMs };
}

async function diskState(folder: string) {
  const { bsize, bavail, blocks } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
