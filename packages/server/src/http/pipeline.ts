import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Requests that one connection may have waiting behind the one that is served. */
const WAITING_MAX = 16;

type Pair = readonly [request: IncomingMessage, response: ServerResponse];

/**
 * Serves the requests of one connection one at a time, in their order.
 *
 * Node hands over all pipelined requests (RFC 9112 §9.3.2) at once and queues their responses. A
 * response that is still queued when the connection breaks never emits `close`, so whatever its
 * handler opened stays open; and each one costs memory. Here a request is handed on only after the
 * response before it is closed, so each handler sees the end of its own response. Browsers and
 * proxies do not pipeline; a connection that does so without bound is cut.
 */
export class Pipeline {
  readonly #busy = new WeakMap<Duplex, Pair[]>();

  /** Hands the request to the listener when it is its turn. */
  take(request: IncomingMessage, response: ServerResponse, listener: RequestListener): void {
    const { socket } = request;
    // The parser goes on to the end of what it has read, also of a connection that was cut.
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

  /** Whether the connection has a request whose response is not closed yet. */
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
