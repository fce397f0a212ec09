import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { auditRoutes } from '../admin/audit-routes.ts';
import { bulkDeletionRoutes } from '../admin/bulk-deletion-routes.ts';
import { noteDenied } from '../admin/denied.ts';
import { adminRoutes } from '../admin/routes.ts';
import { serverSettingsRoutes } from '../admin/settings-routes.ts';
import { admissionRoutes } from '../admission/routes.ts';
import { avatarRoutes } from '../avatars/routes.ts';
import { blockRoutes } from '../blocks/routes.ts';
import { memberRoutes } from '../conversations/member-routes.ts';
import { conversationRoutes } from '../conversations/routes.ts';
import { emojiRoutes } from '../emoji/routes.ts';
import { factorLoginRoutes } from '../factors/login-routes.ts';
import { ownFactorRoutes } from '../factors/own-routes.ts';
import { downloadRoutes } from '../files/download-routes.ts';
import { type ImageRouteDeps, imageRoutes } from '../files/image-routes.ts';
import type { LinkHolder } from '../files/links.ts';
import { uploadRoutes } from '../files/upload-routes.ts';
import type { Health } from '../health.ts';
import { createHttpApp, type HttpDeps } from '../http-server/app.ts';
import { metricsRoutes } from '../http-server/metrics.ts';
import { integrationRoutes } from '../integrations/routes.ts';
import { legalHoldRoutes } from '../legal-holds/routes.ts';
import { addressKey } from '../limits/address-key.ts';
import type { Live } from '../live/live.ts';
import { hideRoutes } from '../messages/hide-routes.ts';
import { messageRoutes } from '../messages/routes.ts';
import { activityRoutes } from '../notifications/activity-routes.ts';
import { notificationHealthRoutes } from '../notifications/health-routes.ts';
import { notificationRoutes } from '../notifications/routes.ts';
import { unsubscribeRoutes } from '../notifications/unsubscribe.ts';
import { ownDataRoutes } from '../own-data/routes.ts';
import { draftRoutes } from '../personal/draft-routes.ts';
import { personalRoutes } from '../personal/routes.ts';
import { scheduledRoutes } from '../personal/scheduled-routes.ts';
import { threadRoutes } from '../personal/thread-routes.ts';
import { pushRoutes } from '../push/routes.ts';
import { reportRoutes } from '../reports/routes.ts';
import { retentionRoutes } from '../retention/routes.ts';
import { searchRoutes } from '../search/routes.ts';
import { type ServerStateDeps, serverStateRoutes } from '../server-state/routes.ts';
import { sidebarRoutes } from '../sidebar/routes.ts';
import { providerOf } from '../sso/provider.ts';
import { ssoRoutes } from '../sso/routes.ts';
import { statusRoutes } from '../status/routes.ts';
import { userGroupRoutes } from '../user-groups/routes.ts';
import { wordFilterRoutes } from '../word-filter/routes.ts';
import type { LayerContext } from './context.ts';
import type { DomainLayer } from './domains.ts';
import type { ListenerLayer } from './listener.ts';
import type { StreamLayer } from './streams.ts';

const WEB_DIR = fileURLToPath(new URL('../../../web/dist/', import.meta.url));

/** The dependencies of the HTTP layer. */
export interface HttpLayerDeps {
  readonly pool: Pool;
  readonly listening: ListenerLayer;
  readonly streams: StreamLayer;
  readonly domains: DomainLayer;
  readonly live: Live;
  readonly health: Health;
  /** The state of the running server, for admins. */
  readonly state: Pick<ServerStateDeps, 'nodes' | 'disk' | 'notifications'>;
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

/** Returns the limit of requests, over all nodes, by account or by address. */
function requestLimits({ shared, metrics }: StreamLayer): NonNullable<HttpDeps['limitRequests']> {
  return (of) => {
    const wait =
      'account' in of
        ? shared.take('requests', of.account)
        : shared.take('address', addressKey(of.address));
    if (wait !== null) metrics.limited('requests');
    return wait;
  };
}

/**
 * Returns the limit of images that browsers load by URL. It is separate, so that the avatars in a
 * long list of members do not use up the requests of the user.
 */
function imageLimits({ shared, metrics }: StreamLayer): ImageRouteDeps['limitRequests'] {
  return ({ account }) => {
    const wait = shared.take('requests', `images ${account}`);
    if (wait !== null) metrics.limited('requests');
    return wait;
  };
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

/** Returns the routes of all domains, below /api/v1. */
function apiRoutes(
  { config, log, clock }: LayerContext,
  { pool, streams, domains, live, listening, state }: HttpLayerDeps,
): HttpDeps['api'] {
  const { append } = streams;
  const { keys, factors, erasures, identities, readCursors, search, directory, vault } = domains;
  const { audit, emails, settings, files } = domains;
  const { authenticate, parts: accounts } = domains.accounts;
  const server = () => listening.url;
  const provider = providerOf(config);
  const onReadMoved: Parameters<typeof messageRoutes>[1]['onReadMoved'] = (account, move) =>
    live.sendRead(account, move);
  const onDraftChanged: Parameters<typeof draftRoutes>[1]['onDraftChanged'] = (account, change) =>
    live.sendDraft(account, change);
  const onThreadRead: Parameters<typeof threadRoutes>[1]['onThreadRead'] = (account, move) =>
    live.sendThreadRead(account, move);
  const isAlive = async ({ session }: LinkHolder) =>
    (await domains.accounts.alive([session])).has(session);
  const { imageTokens: tokens } = files;
  return [
    domains.accounts.routes,
    (scope) => conversationRoutes(scope, { pool, append, settings, authenticate }),
    (scope) => memberRoutes(scope, { pool, append, authenticate }),
    (scope) => admissionRoutes(scope, { pool, append, authenticate, vault, clock, server }),
    (scope) => blockRoutes(scope, { pool, append, authenticate }),
    (scope) => notificationHealthRoutes(scope, { pool, emails, audit, authenticate, server }),
    (scope) => notificationRoutes(scope, { pool, append, authenticate }),
    (scope) => sidebarRoutes(scope, { pool, append, authenticate }),
    (scope) => pushRoutes(scope, { ...domains.push, authenticate }),
    (scope) =>
      activityRoutes(scope, {
        pool,
        authenticate,
        onActivity: (change) => live.sendActivity(change),
      }),
    (scope) =>
      messageRoutes(scope, {
        pool,
        append,
        authenticate,
        readCursors,
        onReadMoved,
        onThreadRead,
      }),
    (scope) => hideRoutes(scope, { pool, append, audit, authenticate }),
    (scope) => personalRoutes(scope, { pool, append, authenticate }),
    (scope) => scheduledRoutes(scope, { pool, append, authenticate }),
    (scope) => threadRoutes(scope, { pool, append, authenticate, onThreadRead }),
    (scope) => searchRoutes(scope, { search, directory, authenticate }),
    (scope) => uploadRoutes(scope, { uploads: files.uploads, authenticate }),
    (scope) =>
      downloadRoutes(scope, {
        ...files,
        pool,
        authenticate,
        isAlive,
        limitRequests: requestLimits(streams),
      }),
    (scope) =>
      imageRoutes(scope, {
        pool,
        tokens,
        store: files.store,
        authenticate,
        isAlive,
        limitRequests: imageLimits(streams),
      }),
    (scope) =>
      avatarRoutes(scope, { pool, append, audit, settings, images: files.images, authenticate }),
    (scope) => statusRoutes(scope, { pool, append, clock, authenticate }),
    (scope) => draftRoutes(scope, { pool, authenticate, onDraftChanged }),
    (scope) => factorLoginRoutes(scope, { accounts, factors, server }),
    (scope) => ownFactorRoutes(scope, { accounts, factors, server }),
    (scope) =>
      ssoRoutes(scope, {
        ...{ accounts, identities, provider, vault, log, server },
        publicUrl: config.publicUrl,
      }),
    (scope) => ownDataRoutes(scope, { accounts, erasures, clock }),
    (scope) => serverStateRoutes(scope, { ...state, pool, dataDir: config.dataDir, authenticate }),
    (scope) => serverSettingsRoutes(scope, { append, audit, settings, authenticate }),
    (scope) => retentionRoutes(scope, { pool, append, audit, clock, authenticate }),
    (scope) => userGroupRoutes(scope, { pool, append, audit, authenticate }),
    (scope) =>
      emojiRoutes(scope, { pool, append, audit, settings, images: files.images, authenticate }),
    (scope) => reportRoutes(scope, { accounts, keys, openReports: domains.openReports }),
    (scope) => auditRoutes(scope, accounts),
    (scope) => adminRoutes(scope, { accounts, keys, factors, erasures, config }),
    (scope) => wordFilterRoutes(scope, { accounts, wordFilter: streams.wordFilter, clock }),
    (scope) => bulkDeletionRoutes(scope, { accounts, bulkDeletions: domains.bulkDeletions, clock }),
    (scope) =>
      legalHoldRoutes(scope, {
        accounts,
        store: files.store,
        purge: domains.legalHoldPurge,
        clock,
        isAlive,
      }),
    (scope) => integrationRoutes(scope, { accounts, keys, clock }),
  ];
}
