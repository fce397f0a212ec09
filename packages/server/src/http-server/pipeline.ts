import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The maximum number of queued requests of a connection. */
const WAITING_MAX = 16;

type Pair = readonly [request: IncomingMessage, response: ServerResponse];

/**
 * Serves the requests of each connection one at a time, in order.
 *
 * Node emits all pipelined requests (RFC 9112 §9.3.2) at once and queues their responses. A response
 * that is still queued when the connection breaks never emits `close`, so the resources of its
 * handler leak, and each one takes memory. Here a request is passed on only after the previous
 * response was closed, so that each handler sees the end of its response. Browsers and proxies do not
 * pipeline; a connection with too many queued requests is closed.
 */
export class Pipeline {
  readonly #busy = new WeakMap<Duplex, Pair[]>();

  /** Passes the request to the listener when it is its turn. */
  take(request: IncomingMessage, response: ServerResponse, listener: RequestListener): void {
    const { socket } = request;
    // The parser still emits the requests that it has read after the connection was closed.
    if (socket.destroyed) return;
    const waiting = this.#busy.get(socket);
    if (!waiting) {
      this.#serve([request, response], [], listener);
    } else if (waiting.length < WAITING_MAX) {
      waiting.push([request, response]);
    } else {
      waiting.length = 0;
      socket.destroy();
    }
  }

  /** Returns whether the connection has a request whose response is not closed yet. */
  isBusy(socket: Duplex): boolean {
    return this.#busy.has(socket);
  }

  #serve([request, response]: Pair, waiting: Pair[], listener: RequestListener): void {
    const { socket } = request;
    this.#busy.set(socket, waiting);
    response.once('close', () => {
      this.#busy.delete(socket);
      const next = waiting.shift();
      if (next && !socket.destroyed) this.#serve(next, waiting, listener);
    });
    listener(request, response);
  }
}
