import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { bearerOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import type { Metrics } from '../metrics/metrics.ts';

/**
 * Serves `/metrics` in the Prometheus format to callers with METRICS_TOKEN (`Authorization: Bearer …`,
 * in Prometheus `authorization.credentials`).
 */
export function metricsRoutes(app: FastifyInstance, metrics: Metrics, token: string): void {
  const expected = digest(token);
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const bearer = bearerOf(request);
    if (bearer === undefined || !timingSafeEqual(digest(bearer), expected))
      refuse('unauthenticated');
    reply.header('content-type', metrics.contentType).header('cache-control', 'no-store');
    return metrics.text();
  });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
