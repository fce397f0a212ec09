import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Refusal, refusal } from '@parley/protocol';
import { PROBLEM_TYPE, problemOf, writeProblem } from '../http/problem.ts';
import { OpenConnections, type OpenConnectionsDeps } from './open-connections.ts';
import { Pipeline } from './pipeline.ts';

/** Time limits for the header and for the whole of a request; those of Node allow minutes. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** The interval at which Node checks those limits. */
const CHECK_MS = 2_000;
/** The maximum number of header lines of a request. */
export const HEADERS_MAX = 100;
/** Longer than that of proxies, so that they do not send on a connection that is being closed. */
const KEEP_ALIVE_MS = 72_000;
/** The same limits for a server that Fastify creates. */
export const SERVER_TIMES = {
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
} as const;
const JSON_TYPE = 'application/json; charset=utf-8';
/** Time for pending requests when the server stops. */
const LAST_REQUESTS_MS = 2_000;

/** The limits of open connections. */
export type ConnectionLimits = Pick<OpenConnectionsDeps, 'perAddress' | 'isProxy'>;

/**
 * The listening socket. It opens before the rest of the server starts, so that monitoring sees a
 * server that is starting (or waiting for its database) instead of one that is down.
 *
 * 1. Until `lead` is called, `/health/live` returns 200, `/health/ready` 503 `starting`, and every
 *    other path 503 `unavailable`.
 * 2. A slow request holds a connection for at most half a minute.
 * 3. Each connection has one request served at a time.
 * 4. One address has a bounded number of HTTP connections.
 */
export class HttpListener {
  readonly server: Server;
  readonly #pipeline = new Pipeline();
  readonly #open: OpenConnections;
  #handler: RequestListener = answerWhileStarting;

  private constructor(limits: ConnectionLimits) {
    this.#open = new OpenConnections({
      ...limits,
      isBusy: (socket) => this.#pipeline.isBusy(socket),
    });
    this.server = createServer(
      {
        headersTimeout: HEADERS_MS,
        requestTimeout: REQUEST_MS,
        connectionsCheckingInterval: CHECK_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => {
        this.#open.used(request.socket);
        this.#pipeline.take(request, response, this.#handler);
      },
    );
    this.server.on('connection', (socket) => this.#open.add(socket));
    this.server.maxHeadersCount = HEADERS_MAX;
    // The pending response would be written between the frames of the new protocol.
    this.server.on('upgrade', (_request, socket) => {
      if (socket instanceof Socket) this.#open.remove(socket);
      if (this.#pipeline.isBusy(socket)) socket.destroy();
    });
    this.server.on('upgrade', rejectWhileStarting);
  }

  /**
   * Opens the socket.
   * @throws if the address cannot be listened on
   */
  static open(host: string, port: number, limits: ConnectionLimits): Promise<HttpListener> {
    const listener = new HttpListener(limits);
    return new Promise((resolve, reject) => {
      listener.server.once('error', (error: NodeJS.ErrnoException) =>
        reject(explain(error, host, port)),
      );
      listener.server.listen({ host, port }, () => {
        listener.server.removeAllListeners('error');
        resolve(listener);
      });
    });
  }

  /** The address it listens on. */
  get address(): AddressInfo {
    return this.server.address() as AddressInfo;
  }

  /** Passes requests to `handler` from now on, and upgrades to the other listeners of the server. */
  lead(handler: RequestListener): void {
    this.#handler = handler;
    this.server.off('upgrade', rejectWhileStarting);
  }

  /** Stops accepting connections, waits briefly for pending requests, and closes all connections. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const cut = setTimeout(() => this.server.closeAllConnections(), LAST_REQUESTS_MS);
    await closed;
    clearTimeout(cut);
  }
}

const answerWhileStarting: RequestListener = (request, response) => {
  const path = request.url?.split('?', 1)[0];
  if (path === '/health/live') answer(response, 200, JSON_TYPE, { status: 'ok' });
  else if (path === '/health/ready') answer(response, 503, JSON_TYPE, { status: 'starting' });
  else {
    const starting = whileStarting();
    response.setHeader('retry-after', String(starting.retryAfter));
    answer(response, 503, PROBLEM_TYPE, problemOf(starting));
  }
};

function rejectWhileStarting(_request: unknown, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  writeProblem(socket, problemOf(whileStarting()));
}

const whileStarting = (): Refusal =>
  refusal('unavailable', 'The server is starting', { retryAfter: 2 });

function answer(response: ServerResponse, status: number, type: string, body: object): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(JSON.stringify(body));
}

/** Returns an error that names the setting to correct. */
function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const message = messageFor(error.code, host, port);
  return message === undefined ? error : new Error(message, { cause: error });
}

function messageFor(code: string | undefined, host: string, port: number): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use; set PORT to another one`;
    case 'EACCES':
      return `this user may not listen on port ${port}; set PORT to 1024 or higher, and let a proxy forward to it`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST is not an address of this machine: ${host}`;
    default:
      return undefined;
  }
}
