/** What a connection needs of a WebSocket; browsers have one, programs bring `@parley/client/node`. */
export interface LiveSocket {
  send(text: string): void;
  close(code?: number): void;
}

/** What happens to a socket. */
export interface SocketHandlers {
  open(): void;
  message(text: string): void;
  /** Called once, also when the socket never opened. `retryAfterMs`: what a refusal asked for. */
  close(code: number, retryAfterMs: number | null): void;
}

/** Opens a socket to `url` (ws: or wss:). */
export type SocketFactory = (url: string, handlers: SocketHandlers) => LiveSocket;

/** The browser’s own WebSocket. */
export const browserSocket: SocketFactory = (url, handlers) => {
  const ws = new WebSocket(url);
  ws.onopen = () => handlers.open();
  ws.onmessage = (event) => {
    if (typeof event.data === 'string') handlers.message(event.data);
  };
  ws.onclose = (event) => handlers.close(event.code, null);
  return {
    send: (text) => ws.send(text),
    close: (code) => ws.close(code),
  };
};
