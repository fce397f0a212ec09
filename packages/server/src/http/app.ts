import type { RequestListener } from 'node:http';
import Cookie from '@fastify/cookie';
import type { AccountId, HealthAnswer, Refusal } from '@parley/protocol';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { uuidv7 } from 'uuidv7';
import type { z } from 'zod';
import { addressKey } from '../limits/address-key.ts';
import type { Logger } from '../log.ts';
import { knownSessionOf } from './authenticate.ts';
import { writeClientError } from './client-error.ts';
import { type Content, contentOf, sendContent } from './compressed.ts';
import { docsRoutes } from './docs.ts';
import { handleError, pathOf, RefusalError, refuse } from './errors.ts';
import { healthRoutes } from './health.ts';
import { isAllowedHost } from './host.ts';
import { HEADERS_MAX, type HttpListener, SERVER_TIMES } from './http-listener.ts';
import { acceptJson } from './json.ts';
import { RouteTable } from './not-found.ts';
import { describeApi } from './openapi.ts';
import { tellOfUnknownProxy } from './proxies.ts';
import { RESPONSE_BOUNDS, type ResponseBounds, ResponseLimits } from './response-limits.ts';
import { secure } from './security.ts';
import { webRoutes } from './web.ts';

/** Where all of the API stands. */
const API_PREFIX = '/api/v1';

/** What the HTTP side needs of the rest of the house. */
export interface HttpDeps {
  readonly log: Logger;
  /** The socket that is open already; without one, `listen()` opens its own. */
  readonly listener?: HttpListener;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
  /** The setting HOST; without it requests may name any host. */
  readonly host?: string;
  /** The setting HSTS_SUBDOMAINS. */
  readonly hstsSubdomains?: boolean;
  /** The setting TRUSTED_PROXIES. */
  readonly trustedProxies: readonly string[];
  /** The folder of the built web client; without an index.html in it, a page says so. */
  readonly webDir: string;
  /** Told of each answer. */
  onAnswer?(method: string, route: string, status: number, ms: number): void;
  /** What responses may hold; {@link RESPONSE_BOUNDS} by default. */
  readonly responseBounds?: ResponseBounds;
  /** Told of each refusal that a route has thrown; awaited before the answer. */
  onRefused?(request: FastifyRequest, refused: Refusal): Promise<void>;
  /** How the server is, for those who balance and watch. */
  health(): Promise<z.infer<typeof HealthAnswer>>;
  /**
   * Takes one request from the address, or of the account: null, or the seconds to wait.
   */
  limitRequests?(of: { address: string } | { account: AccountId }): number | null;
  /** Why nothing may be written now; null when it may. */
  rejectWrites?(): Refusal | null;
  /** The routes of the domains, each below {@link API_PREFIX}. */
  readonly api: readonly ((app: FastifyInstance) => void)[];
  /** Routes whose place is fixed by a standard, such as `/.well-known/…`. */
  readonly root: readonly ((app: FastifyInstance) => void)[];
}

/**
 * Requests that are served on a full disk: reads, and the few small writes without which nobody could
 * read or end anything any more (logging in and out, ending sessions, revoking keys).
 */
function writesAlways({ method, url }: { method: string; url: string }): boolean {
  if (['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(method)) return true;
  return /^\/auth\/(login|logout|token|passkey|second-factor|sso)\b|^\/me\/sessions\b/.test(
    url.slice(API_PREFIX.length),
  );
}

/** Bytes of a JSON body. */
const BODY_BYTES = 64 * 1024;
/**
 * Builds the HTTP side; `ready()` or `listen()` finishes it.
 *
 * 1. Every answer that is not a success is a problem document (RFC 9457) with a stable code.
 * 2. The schemas that document a route are those that check it.
 * 3. Forwarded addresses are believed of the proxies that TRUSTED_PROXIES names, and of nobody else.
 */
export function createHttpApp(deps: HttpDeps): FastifyInstance {
  let handle: RequestListener | undefined;
  const app: FastifyInstance = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    // One line of our own for each answer, below.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    genReqId: () => uuidv7(),
    requestIdHeader: false,
    trustProxy: deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    bodyLimit: BODY_BYTES,
    ...(deps.listener
      ? {
          serverFactory: (handler: RequestListener) => {
            handle = handler;
            return (deps.listener as HttpListener).server;
          },
        }
      : SERVER_TIMES),
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (error, request, reply) => {
      // A path that cannot be read comes before all hooks.
      secure(request, reply, deps);
      handleError(error, request, reply);
    },
    clientErrorHandler: writeClientError,
    // Sockets that went over to WebSocket are closed by the live side.
    forceCloseConnections: 'idle',
  });
  app.server.maxHeadersCount = HEADERS_MAX;
  // Not before all routes are there.
  app.addHook('onReady', async () => {
    if (handle) deps.listener?.lead(handle);
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error instanceof RefusalError) {
      await deps.onRefused?.(request, error.refusal).catch((failure: unknown) => {
        request.log.warn({ err: failure }, 'refusal not noted');
      });
    }
    return handleError(error, request, reply);
  });
  acceptJson(app);
  const responses = new ResponseLimits(deps.responseBounds ?? RESPONSE_BOUNDS, (why, address) =>
    deps.log.warn({ why, address }, 'slow reader disconnected'),
  );
  app.addHook('onClose', async () => responses.stop());
  app.addHook('onRequest', async (request, reply) => {
    secure(request, reply, deps);
    if (responses.begin(addressKey(request.ip), reply.raw)) return;
    reply.header('connection', 'close');
    refuse('overloaded', 'Too many responses to this address are waiting', { retryAfter: 1 });
  });
  const { host, publicUrl } = deps;
  app.addHook('onRequest', async (request) => {
    if (host === undefined) return;
    if (!isAllowedHost(request.headers.host, pathOf(request), { host, publicUrl })) {
      refuse('host_refused');
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    deps.onAnswer?.(request.method, route, reply.statusCode, reply.elapsedTime);
    request.log.debug(
      {
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
  });
  const limit = (of: { address: string } | { account: AccountId }) => {
    const retryAfter = deps.limitRequests?.(of) ?? null;
    if (retryAfter !== null) refuse('rate_limited', undefined, { retryAfter });
  };
  tellOfUnknownProxy(app);
  const routes = new RouteTable();
  app.addHook('onRoute', (route) => routes.add(route));
  app.register(Cookie);
  describeApi(app);
  webRoutes(app, deps.webDir, routes);
  app.register(async (scope) => {
    for (const add of deps.root) add(scope);
    healthRoutes(scope, deps.health);
    docsRoutes(scope);
  });
  app.register(
    async (scope) => {
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
      for (const add of deps.api) add(scope);
      let document: Promise<Content> | undefined;
      scope.get('/openapi.json', { schema: { hide: true } }, async (request, reply) => {
        document ??= contentOf(
          'application/json; charset=utf-8',
          Buffer.from(JSON.stringify(app.swagger())),
        );
        return sendContent(request, reply, await document);
      });
    },
    { prefix: API_PREFIX },
  );
  return app;
}
