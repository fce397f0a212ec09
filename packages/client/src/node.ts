import { WebSocket } from 'ws';
import type { LiveSocket, SocketHandlers } from './socket.ts';

/** A socket of a program: it can also be cut without a word, as a bad network does. */
export interface NodeSocket extends LiveSocket {
  /** Ends the TCP connection at once, with no close frame. */
  cut(): void;
}

/** Sockets for programs in Node.js, by the package `ws`. */
export const nodeSocket = (url: string, handlers: SocketHandlers): NodeSocket => {
  const ws = new WebSocket(url, { perMessageDeflate: false });
  let closed = false;
  const close = (code: number, retryAfterMs: number | null) => {
    if (closed) return;
    closed = true;
    handlers.close(code, retryAfterMs);
  };
  ws.on('open', () => handlers.open());
  ws.on('message', (data) => handlers.message(data.toString()));
  ws.on('close', (code) => close(code, null));
  // Every error is followed by `close`; only a refused upgrade has more to tell.
  ws.on('error', () => undefined);
  ws.on('unexpected-response', (request, response) => {
    const seconds = Number(response.headers['retry-after']);
    request.destroy();
    close(
      response.statusCode === 403 ? 4403 : 1013,
      Number.isFinite(seconds) ? seconds * 1000 : null,
    );
  });
  return {
    send: (text) => ws.send(text),
    cut: () => ws.terminate(),
    close: (code) => {
      ws.close(code);
      // A peer that is gone does not answer the close.
      const cut = setTimeout(() => ws.terminate(), 2_000);
      cut.unref();
      ws.once('close', () => clearTimeout(cut));
    },
  };
};
