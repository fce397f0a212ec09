import type { CommandLimits } from './command-rate.ts';

/**
 * The part of a WebSocket that a connection uses. Browsers provide one; programs use
 * `@parley/client/node`.
 */
export interface LiveSocket {
  send(text: string): void;
  close(code?: number): void;
  /** Passes on the server’s limits for the connection, for a socket that several clients share. */
  limited?(limits: CommandLimits): void;
}

/** Callbacks of a socket. */
export interface SocketHandlers {
  open(): void;
  message(text: string): void;
  /**
   * Called once, also if the socket never opened. `retryAfterMs` is the delay that a rejection
   * asked for.
   */
  close(code: number, retryAfterMs: number | null): void;
}

/** Opens a socket to `url` (ws: or wss:). */
export type SocketFactory = (url: string, handlers: SocketHandlers) => LiveSocket;

/** Opens the browser’s own WebSocket. */
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
