import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { noteDenied } from '../admin/denied.ts';
import { createHttpApp, type HttpDeps } from '../http-server/app.ts';
import type { Health } from '../http-server/health.ts';
import { metricsRoutes } from '../http-server/metrics.ts';
import { addressKey } from '../limits/address-key.ts';
import { unsubscribeRoutes } from '../notifications/unsubscribe.ts';
import { type ApiRoutesDeps, apiRoutes } from './api-routes.ts';
import type { LayerContext } from './context.ts';
import { requestLimits } from './request-limits.ts';

const WEB_DIR = fileURLToPath(new URL('../../../web/dist/', import.meta.url));

interface HttpLayerDeps extends ApiRoutesDeps {
  readonly health: Health;
}

/** Builds the HTTP app on the listening socket; its `ready()` lets requests in. */
export function openHttp(context: LayerContext, deps: HttpLayerDeps): FastifyInstance {
  const { config, log, onStop } = context;
  const { metrics, writes } = deps.streams;
  const { listener } = deps.listening;
  if (!existsSync(WEB_DIR)) log.warn('web client not built');
  const app = createHttpApp({
    log,
    listener,
    host: config.host,
    publicUrl: config.publicUrl,
    hstsSubdomains: config.hstsSubdomains,
    securityContacts: config.securityContacts,
    trustedProxies: config.trustedProxies,
    webDir: WEB_DIR,
    health: () => deps.health.state(),
    rejectWrites: writes.rejection,
    limitRequests: requestLimits(deps.streams),
    chargeRequests: (account, address, requests) => {
      const { shared } = deps.streams;
      shared.charge('requests', account, requests);
      shared.charge('address', addressKey(address), requests);
    },
    onRefused: (request, refused) => noteDenied(deps.domains.audit, request, refused),
    onAnswer: (method, route, status, ms) => metrics.request(method, route, status, ms),
    api: apiRoutes(context, deps),
    root: rootRoutes(context, deps),
  });
  onStop(async () => {
    await listener.close();
    await app.close();
  });
  return app;
}

/** Returns the routes whose path is fixed by a standard or by monitoring. */
function rootRoutes(
  { config: { metricsToken } }: LayerContext,
  { pool, streams, domains }: HttpLayerDeps,
): HttpDeps['root'] {
  const { append } = streams;
  return [
    domains.accounts.rootRoutes,
    (scope) => unsubscribeRoutes(scope, { pool, append, vault: domains.vault }),
    (scope) => {
      if (metricsToken !== undefined) metricsRoutes(scope, streams.metrics, metricsToken);
    },
  ];
}
