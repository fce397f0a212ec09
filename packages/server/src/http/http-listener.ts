import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Refusal, refusal } from '@parley/protocol';
import { PROBLEM_TYPE, problemOf, writeProblem } from '../problem.ts';
import { Pipeline } from './pipeline.ts';

/** Time for the head of a request, and for all of it. Node’s own let slow senders sit for minutes. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** How often Node looks for connections over those times. */
const CHECK_MS = 2_000;
/** Lines in the head of a request. */
export const HEADERS_MAX = 100;
/** Longer than proxies keep theirs, so that none sends into a connection that is just closed. */
const KEEP_ALIVE_MS = 72_000;
/** The same for a server that Fastify makes. */
export const SERVER_TIMES = {
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
} as const;
const JSON_TYPE = 'application/json; charset=utf-8';
/** Requests under way have this long when the server stops. */
const LAST_REQUESTS_MS = 2_000;

/**
 * The listening socket. It is open before the rest of the server is there, so that whoever watches
 * sees a server that starts (and waits for its database) and not one that is dead.
 *
 * 1. Until `lead` is called, `/health/live` answers 200, `/health/ready` 503 `starting`, and all
 *    else is told to come back in a moment.
 * 2. No request holds a connection for longer than half a minute by being slow.
 * 3. Each connection has one request served at a time.
 */
export class HttpListener {
  readonly server: Server;
  readonly #pipeline = new Pipeline();
  #handler: RequestListener = answerWhileStarting;

  private constructor() {
    this.server = createServer(
      {
        headersTimeout: HEADERS_MS,
        requestTimeout: REQUEST_MS,
        connectionsCheckingInterval: CHECK_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => this.#pipeline.take(request, response, this.#handler),
    );
    this.server.maxHeadersCount = HEADERS_MAX;
    // Its response would be written into the frames of the new protocol.
    this.server.on('upgrade', (_request, socket) => {
      if (this.#pipeline.isBusy(socket)) socket.destroy();
    });
    this.server.on('upgrade', turnAwayWhileStarting);
  }

  /**
   * Opens it.
   * @throws when the address cannot be listened on
   */
  static open(host: string, port: number): Promise<HttpListener> {
    const listener = new HttpListener();
    return new Promise((resolve, reject) => {
      listener.server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, port)));
      listener.server.listen({ host, port }, () => {
        listener.server.removeAllListeners('error');
        resolve(listener);
      });
    });
  }

  /** Where it listens. */
  get address(): AddressInfo {
    return this.server.address() as AddressInfo;
  }

  /** From now on requests go there, and upgrades to whoever has asked the server for them. */
  lead(handler: RequestListener): void {
    this.#handler = handler;
    this.server.off('upgrade', turnAwayWhileStarting);
  }

  /** Takes nothing more, gives the requests under way a moment, and ends all connections. */
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

function turnAwayWhileStarting(_request: unknown, socket: Duplex): void {
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

function explain(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new Error(`port ${port} is in use by another program; PORT names another one`, {
    cause: error,
  });
}
