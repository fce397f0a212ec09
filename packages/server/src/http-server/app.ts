import type { RequestListener } from 'node:http';
import Cookie from '@fastify/cookie';
import type { AccountId, Refusal } from '@parley/protocol';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { uuidv7 } from 'uuidv7';
import { knownSessionOf } from '../http/authenticate.ts';
import { handleError, loggedPath, pathOf, RefusalError, refuse } from '../http/errors.ts';
import { acceptJson } from '../http/json.ts';
import { rejectSeveralHosts } from '../http/several-hosts.ts';
import { addressKey } from '../limits/address-key.ts';
import type { Logger } from '../runtime/log.ts';
import { writeClientError } from './client-error.ts';
import { type Content, compressJson, contentOf, sendContent } from './compressed.ts';
import { docsRoutes } from './docs.ts';
import type { HealthState } from './health.ts';
import { healthRoutes } from './health-routes.ts';
import { isAllowedHost } from './host.ts';
import { HEADERS_MAX, type HttpListener, SERVER_TIMES } from './http-listener.ts';
import { RouteTable } from './not-found.ts';
import { describeApi } from './openapi.ts';
import { warnOfUntrustedProxy } from './proxies.ts';
import { limitReads } from './read-limits.ts';
import { RESPONSE_BOUNDS, type ResponseBounds, ResponseLimits } from './response-limits.ts';
import { secure } from './security.ts';
import { securityTxtRoutes } from './security-txt.ts';
import { webRoutes } from './web.ts';

/** The path prefix of the API. */
const API_PREFIX = '/api/v1';

/** The settings of the HTTP server, its routes, and what it asks before and reports after each request. */
export interface HttpDeps {
  readonly log: Logger;
  /** The listening socket, if it is already open; otherwise `listen()` opens one. */
  readonly listener?: HttpListener;
  /** The setting PUBLIC_URL; undefined if the server is reached directly. */
  readonly publicUrl: string | undefined;
  /** The setting HOST; without it any Host header is accepted. */
  readonly host?: string;
  /** The setting HSTS_SUBDOMAINS. */
  readonly hstsSubdomains?: boolean;
  /** The setting SECURITY_CONTACT. */
  readonly securityContacts?: readonly string[];
  /** The setting TRUSTED_PROXIES. */
  readonly trustedProxies: readonly string[];
  /** The folder of the built web client; without an index.html, an error page is shown. */
  readonly webDir: string;
  /** Called after each response. */
  onAnswer?(method: string, route: string, status: number, ms: number): void;
  /** The bounds of unsent responses; {@link RESPONSE_BOUNDS} by default. */
  readonly responseBounds?: ResponseBounds;
  /** Called for each refusal that a route throws; awaited before the response. */
  onRefused?(request: FastifyRequest, refused: Refusal): Promise<void>;
  /** Returns the state of the server, for load balancers and monitoring. */
  health(): Promise<HealthState>;
  /**
   * Counts a request of an address or account; returns null, or the seconds to wait.
   */
  limitRequests?(of: { address: string } | { account: AccountId }): number | null;
  /** Counts further requests of an account and its address, for a long response. */
  chargeRequests?(account: AccountId, address: string, requests: number): void;
  /** Returns why writes are rejected at the moment; null if they are accepted. */
  rejectWrites?(): Refusal | null;
  /** The routes of the domains, each below {@link API_PREFIX}. */
  readonly api: readonly ((app: FastifyInstance) => void)[];
  /** Routes whose path is fixed by a standard, such as `/.well-known/…`. */
  readonly root: readonly ((app: FastifyInstance) => void)[];
}

/**
 * Returns whether a request is served on a full disk: reads, and the few small writes that reading and
 * cleaning up depend on (logging in and out, ending sessions, revoking API keys).
 */
function writesAlways({ method, url }: { method: string; url: string }): boolean {
  if (['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(method)) return true;
  return /^\/auth\/(login|logout|token|passkey|second-factor|sso)\b|^\/me\/sessions\b/.test(
    url.slice(API_PREFIX.length),
  );
}

/** The maximum size of a JSON body. */
const BODY_BYTES = 64 * 1024;
/**
 * Builds the HTTP server; `ready()` or `listen()` completes it.
 *
 * 1. Every error response is a problem document (RFC 9457) with a stable code.
 * 2. A route is validated by the schemas that document it.
 * 3. Forwarded addresses are trusted only from the proxies in TRUSTED_PROXIES.
 */
export function createHttpApp(deps: HttpDeps): FastifyInstance {
  const app = createFastify(deps);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  setErrorHandler(app, deps);
  acceptJson(app);
  const responses = new ResponseLimits(deps.responseBounds ?? RESPONSE_BOUNDS, (why, address) =>
    deps.log.warn({ why, address }, 'slow reader disconnected'),
  );
  app.addHook('onClose', async () => responses.stop());
  guardRequests(app, deps, responses);
  logResponses(app, deps);
  warnOfUntrustedProxy(app);
  const routes = new RouteTable();
  app.addHook('onRoute', (route) => routes.add(route));
  app.register(Cookie);
  describeApi(app);
  webRoutes(app, deps.webDir, routes);
  app.register(async (scope) => {
    for (const add of deps.root) add(scope);
    healthRoutes(scope, deps.health);
    docsRoutes(scope);
    securityTxtRoutes(scope, deps.securityContacts ?? [], deps.publicUrl);
  });
  app.register(async (scope) => apiRoutes(scope, deps, responses), { prefix: API_PREFIX });
  return app;
}

/** Creates the app, on the listening socket if it is already open. */
function createFastify(deps: HttpDeps): FastifyInstance {
  const { listener } = deps;
  let handle: RequestListener | undefined;
  const app: FastifyInstance = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    // logResponses logs one line per response.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    genReqId: () => uuidv7(),
    requestIdHeader: false,
    trustProxy: deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    bodyLimit: BODY_BYTES,
    ...(listener
      ? {
          serverFactory: (handler: RequestListener) => {
            handle = handler;
            return listener.server;
          },
        }
      : SERVER_TIMES),
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (error, request, reply) => {
      // Errors in the path are raised before all hooks.
      secure(request, reply, deps);
      handleError(error, request, reply);
    },
    clientErrorHandler: writeClientError,
    // WebSockets are closed by `Live`.
    forceCloseConnections: 'idle',
  });
  app.server.maxHeadersCount = HEADERS_MAX;
  // Only after all routes are registered.
  app.addHook('onReady', async () => {
    if (handle) listener?.lead(handle);
  });
  return app;
}

/** Answers errors with problem documents; refusals are reported first. */
function setErrorHandler(app: FastifyInstance, { onRefused }: HttpDeps): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error instanceof RefusalError) {
      await onRefused?.(request, error.refusal).catch((failure: unknown) => {
        request.log.warn({ err: failure }, 'refusal not recorded');
      });
    }
    return handleError(error, request, reply);
  });
}

/**
 * Sets the security headers of every response, and rejects requests of addresses with too many
 * unsent responses, for another host, or for several.
 */
function guardRequests(app: FastifyInstance, deps: HttpDeps, responses: ResponseLimits): void {
  const { host, publicUrl } = deps;
  app.addHook('onRequest', async (request, reply) => {
    secure(request, reply, deps);
    if (responses.begin(addressKey(request.ip), reply.raw)) return;
    reply.header('connection', 'close');
    refuse('overloaded', 'Too many responses to this address are unsent', { retryAfter: 1 });
  });
  app.addHook('onRequest', async (request, reply) => {
    if (rejectSeveralHosts(request.raw, request.raw.socket)) {
      reply.hijack();
      return;
    }
    if (host === undefined) return;
    if (!isAllowedHost(request.headers.host, pathOf(request), { host, publicUrl })) {
      refuse('host_refused');
    }
  });
}

/** Logs each response, and reports it for the metrics. */
function logResponses(app: FastifyInstance, deps: HttpDeps): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    deps.onAnswer?.(request.method, route, reply.statusCode, reply.elapsedTime);
    request.log.debug(
      {
        method: request.method,
        path: loggedPath(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
  });
}

/** Registers the routes of the domains and the API description, behind the limits of requests and writes. */
function apiRoutes(scope: FastifyInstance, deps: HttpDeps, responses: ResponseLimits): void {
  const limit = (of: { address: string } | { account: AccountId }) => {
    const retryAfter = deps.limitRequests?.(of) ?? null;
    if (retryAfter !== null) refuse('rate_limited', undefined, { retryAfter });
  };
  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  scope.addHook('onRequest', async (request) => limit({ address: request.ip }));
  scope.addHook('onRequest', async (request) => {
    const rejection = writesAlways(request) ? null : deps.rejectWrites?.();
    if (rejection) throw new RefusalError(rejection);
  });
  scope.addHook('preHandler', async (request) => {
    const session = knownSessionOf(request);
    if (session) limit({ account: session.account });
  });
  limitReads(scope, { responses, charge: (...long) => deps.chargeRequests?.(...long) });
  // After limitReads, which counts the uncompressed bytes.
  compressJson(scope);
  for (const add of deps.api) add(scope);
  let document: Promise<Content> | undefined;
  scope.get('/openapi.json', { schema: { hide: true } }, async (request, reply) => {
    document ??= contentOf(
      'application/json; charset=utf-8',
      Buffer.from(JSON.stringify(scope.swagger())),
    );
    return sendContent(request, reply, await document);
  });
}
