import { HealthAnswer } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { HealthState } from './health.ts';

/** `/health/live`: the process responds. `/health/ready`: it can serve requests, including its database. */
export function healthRoutes(instance: FastifyInstance, health: () => Promise<HealthState>): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.route({
    method: 'GET',
    url: '/health/live',
    schema: {
      operationId: 'isLive',
      tags: ['Health'],
      summary: 'Check that the process responds',
      response: { 200: HealthAnswer },
    },
    handler: async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      return { status: 'ok' as const };
    },
  });
  app.route({
    method: 'GET',
    url: '/health/ready',
    schema: {
      operationId: 'isReady',
      tags: ['Health'],
      summary:
        'Check that the server can serve requests: 503 while it starts, stops, or cannot reach its database',
      response: { 200: HealthAnswer, 503: HealthAnswer },
    },
    handler: async (request, reply) => {
      const answer = await health().catch((error: unknown) => {
        request.log.warn({ err: error }, 'not ready');
        return { status: 'failing' as const };
      });
      reply.header('cache-control', 'no-store').code(answer.status === 'ok' ? 200 : 503);
      return answer;
    },
  });
}
