import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { auditRoutes } from '../admin/audit-routes.ts';
import { bulkDeletionRoutes } from '../admin/bulk-deletion-routes.ts';
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
import { imageRoutes } from '../files/image-routes.ts';
import type { LinkHolder } from '../files/links.ts';
import { uploadRoutes } from '../files/upload-routes.ts';
import type { HttpDeps } from '../http-server/app.ts';
import { integrationRoutes } from '../integrations/routes.ts';
import { legalHoldRoutes } from '../legal-holds/routes.ts';
import type { Live } from '../live/live.ts';
import { hideRoutes } from '../messages/routes/hide-routes.ts';
import { type MessageDeps, messageRoutes } from '../messages/routes/routes.ts';
import { type ActivityDeps, activityRoutes } from '../notifications/activity-routes.ts';
import { notificationHealthRoutes } from '../notifications/health-routes.ts';
import { notificationRoutes } from '../notifications/routes.ts';
import { ownDataRoutes } from '../own-data/routes.ts';
import { type DraftDeps, draftRoutes } from '../personal/draft-routes.ts';
import { savedRoutes } from '../personal/saved-routes.ts';
import { scheduledRoutes } from '../personal/scheduled-routes.ts';
import { threadRoutes } from '../personal/thread-routes.ts';
import { pushRoutes } from '../push/routes.ts';
import { reportRoutes } from '../reports/routes.ts';
import { retentionRoutes } from '../retention/routes.ts';
import { searchRoutes } from '../search/routes.ts';
import { type ServerStateDeps, serverStateRoutes } from '../server-state/routes.ts';
import { type ClosingDeps, closingRoutes } from '../sidebar/closing-routes.ts';
import { sidebarRoutes } from '../sidebar/routes.ts';
import { providerOf } from '../sso/provider.ts';
import { ssoRoutes } from '../sso/routes.ts';
import { statusRoutes } from '../status/routes.ts';
import { userGroupRoutes } from '../user-groups/routes.ts';
import { wordFilterRoutes } from '../word-filter/routes.ts';
import type { LayerContext } from './context.ts';
import type { DomainLayer } from './domains.ts';
import type { ListenerLayer } from './listener.ts';
import { imageLimits, requestLimits } from './request-limits.ts';
import type { StreamLayer } from './streams.ts';

/** What the routes of the domains depend on. */
export interface ApiRoutesDeps {
  readonly pool: Pool;
  readonly listening: ListenerLayer;
  readonly streams: StreamLayer;
  readonly domains: DomainLayer;
  readonly live: Live;
  /** The state of the running server, for admins. */
  readonly state: Pick<ServerStateDeps, 'nodes' | 'disk' | 'notifications'>;
}

/** The routes of one domain, registered with what they depend on. */
type Routes = (scope: FastifyInstance) => void;

/** Returns the routes of all domains, below /api/v1, in the order of the API description. */
export function apiRoutes(context: LayerContext, deps: ApiRoutesDeps): HttpDeps['api'] {
  return [
    deps.domains.accounts.routes,
    ...conversationDomainRoutes(context, deps),
    ...notificationDomainRoutes(deps),
    ...messageDomainRoutes(deps),
    ...fileDomainRoutes(deps),
    ...profileRoutes(context, deps),
    ...loginDomainRoutes(context, deps),
    ...serverDomainRoutes(context, deps),
    ...administrationRoutes(context, deps),
  ];
}

/** Returns whether the session of a link to a file or an image still exists. */
const sessionCheck =
  ({ accounts }: DomainLayer) =>
  async ({ session }: LinkHolder): Promise<boolean> =>
    (await accounts.alive([session])).has(session);

function conversationDomainRoutes(
  { clock }: LayerContext,
  { pool, streams: { append }, domains, listening }: ApiRoutesDeps,
): Routes[] {
  const { vault, settings } = domains;
  const { authenticate } = domains.accounts;
  const server = () => listening.url;
  return [
    (scope) => conversationRoutes(scope, { pool, append, settings, authenticate }),
    (scope) => memberRoutes(scope, { pool, append, authenticate }),
    (scope) => admissionRoutes(scope, { pool, append, authenticate, vault, clock, server }),
    (scope) => blockRoutes(scope, { pool, append, authenticate }),
  ];
}

/** Returns the routes of notifications and of the sidebar. */
function notificationDomainRoutes({
  pool,
  streams: { append },
  domains,
  live,
  listening,
}: ApiRoutesDeps): Routes[] {
  const { audit, emails, readCursors } = domains;
  const { authenticate } = domains.accounts;
  const server = () => listening.url;
  const onReadMoved: ClosingDeps['onReadMoved'] = (account, move) => live.sendRead(account, move);
  const onActivity: ActivityDeps['onActivity'] = (change) => live.sendActivity(change);
  return [
    (scope) => notificationHealthRoutes(scope, { pool, emails, audit, authenticate, server }),
    (scope) => notificationRoutes(scope, { pool, append, authenticate }),
    (scope) => sidebarRoutes(scope, { pool, append, authenticate }),
    (scope) => closingRoutes(scope, { pool, append, readCursors, authenticate, onReadMoved }),
    (scope) => pushRoutes(scope, { ...domains.push, authenticate }),
    (scope) => activityRoutes(scope, { pool, authenticate, onActivity }),
  ];
}

/** Returns the routes of messages, of what an account keeps of them for itself, and of searches. */
function messageDomainRoutes({
  pool,
  streams: { append },
  domains,
  live,
}: ApiRoutesDeps): Routes[] {
  const { readCursors, search, directory, audit } = domains;
  const { authenticate } = domains.accounts;
  const onReadMoved: MessageDeps['onReadMoved'] = (account, move) => live.sendRead(account, move);
  const onThreadRead: MessageDeps['onThreadRead'] = (account, move) =>
    live.sendThreadRead(account, move);
  const cursors = { readCursors, onReadMoved, onThreadRead };
  return [
    (scope) => messageRoutes(scope, { pool, append, authenticate, ...cursors }),
    (scope) => hideRoutes(scope, { pool, append, audit, authenticate }),
    (scope) => savedRoutes(scope, { pool, append, authenticate }),
    (scope) => scheduledRoutes(scope, { pool, append, authenticate }),
    (scope) => threadRoutes(scope, { pool, append, authenticate, onThreadRead }),
    (scope) => searchRoutes(scope, { search, directory, authenticate }),
  ];
}

function fileDomainRoutes({ pool, streams, domains }: ApiRoutesDeps): Routes[] {
  const { files, audit, settings } = domains;
  const { authenticate } = domains.accounts;
  const { append } = streams;
  const { store, images, imageTokens: tokens } = files;
  const access = { pool, authenticate, isAlive: sessionCheck(domains) };
  const limitRequests = requestLimits(streams);
  const limitImages = imageLimits(streams);
  return [
    (scope) => uploadRoutes(scope, { uploads: files.uploads, authenticate }),
    (scope) => downloadRoutes(scope, { ...files, ...access, limitRequests }),
    (scope) => imageRoutes(scope, { ...access, tokens, store, limitRequests: limitImages }),
    (scope) => avatarRoutes(scope, { pool, append, audit, settings, images, authenticate }),
  ];
}

/** Returns the routes of statuses and drafts. */
function profileRoutes(
  { clock }: LayerContext,
  { pool, streams: { append }, domains, live }: ApiRoutesDeps,
): Routes[] {
  const { authenticate } = domains.accounts;
  const onDraftChanged: DraftDeps['onDraftChanged'] = (account, change) =>
    live.sendDraft(account, change);
  return [
    (scope) => statusRoutes(scope, { pool, append, clock, authenticate }),
    (scope) => draftRoutes(scope, { pool, authenticate, onDraftChanged }),
  ];
}

/** Returns the routes of second factors, single sign-on and the data of the user’s own account. */
function loginDomainRoutes(
  { config, log, clock }: LayerContext,
  { domains, listening }: ApiRoutesDeps,
): Routes[] {
  const { factors, erasures, identities, vault } = domains;
  const { parts: accounts } = domains.accounts;
  const server = () => listening.url;
  const provider = providerOf(config);
  const { publicUrl } = config;
  return [
    (scope) => factorLoginRoutes(scope, { accounts, factors, server }),
    (scope) => ownFactorRoutes(scope, { accounts, factors, server }),
    (scope) => ssoRoutes(scope, { accounts, identities, provider, vault, log, server, publicUrl }),
    (scope) => ownDataRoutes(scope, { accounts, erasures, clock }),
  ];
}

/** Returns the routes of the server’s state and settings, and of what all its users share. */
function serverDomainRoutes(
  { config: { dataDir }, clock }: LayerContext,
  { pool, streams: { append }, domains, state }: ApiRoutesDeps,
): Routes[] {
  const { audit, settings } = domains;
  const { images } = domains.files;
  const { authenticate } = domains.accounts;
  return [
    (scope) => serverStateRoutes(scope, { ...state, pool, dataDir, authenticate }),
    (scope) => serverSettingsRoutes(scope, { append, audit, settings, authenticate }),
    (scope) => retentionRoutes(scope, { pool, append, audit, clock, authenticate }),
    (scope) => userGroupRoutes(scope, { pool, append, audit, authenticate }),
    (scope) => emojiRoutes(scope, { pool, append, audit, settings, images, authenticate }),
  ];
}

/** Returns the routes of moderation and administration. */
function administrationRoutes(
  { config, clock }: LayerContext,
  { streams: { wordFilter }, domains }: ApiRoutesDeps,
): Routes[] {
  const { keys, factors, erasures, openReports, bulkDeletions } = domains;
  const { parts: accounts } = domains.accounts;
  const { store } = domains.files;
  const purge = domains.legalHoldPurge;
  const isAlive = sessionCheck(domains);
  return [
    (scope) => reportRoutes(scope, { accounts, keys, openReports }),
    (scope) => auditRoutes(scope, accounts),
    (scope) => adminRoutes(scope, { accounts, keys, factors, erasures, config }),
    (scope) => wordFilterRoutes(scope, { accounts, wordFilter, clock }),
    (scope) => bulkDeletionRoutes(scope, { accounts, bulkDeletions, clock }),
    (scope) => legalHoldRoutes(scope, { accounts, store, purge, clock, isAlive }),
    (scope) => integrationRoutes(scope, { accounts, keys, clock }),
  ];
}
