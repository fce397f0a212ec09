import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { type ClientId, clientIdOfHash } from '@parley/protocol';
import { WebSocket } from 'ws';
import type { LiveSocket, SocketHandlers } from './connection/socket.ts';

export { FileStore } from './storage/file-store.ts';

/** A socket of a program. It can also be cut without a close frame, like by a bad network. */
export interface NodeSocket extends LiveSocket {
  /** Ends the TCP connection at once, without a close frame. */
  cut(): void;
}

/** Opens sockets for programs in Node.js, with the package `ws`. */
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
  // Every error is followed by `close`; only a rejected upgrade has more information.
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
      // A dead peer does not answer the close frame.
      const cut = setTimeout(() => ws.terminate(), 2_000);
      cut.unref();
      ws.once('close', () => clearTimeout(cut));
    },
  };
};

/** Separates the ids that are derived here from other hashes. */
const NAMESPACE = 'parley.derived-id.1';

/**
 * Derives the id of a command from the event that it answers, for instance `derivedId(conversation, seq)`.
 * The same parts give the same id, after a crash or in another process, and the server executes the
 * command once. The id is a UUIDv8 (RFC 9562): the first 128 bits of SHA-256 over the JSON array of
 * a constant and the parts. Programs that send several commands for one message add a part that
 * distinguishes them.
 */
export function derivedId(...parts: readonly (string | number)[]): ClientId {
  const hash = createHash('sha256')
    .update(JSON.stringify([NAMESPACE, ...parts]))
    .digest();
  return clientIdOfHash(hash);
}

/**
 * Returns options of a `ParleyApi` that keep a program’s session in a file for its next start. Each
 * new token is on disk before it is used, and replaces the old one atomically. Only its owner can
 * read the file; it grants the same access as the password.
 */
export function sessionFile(path: string): {
  readonly sessionToken: string | undefined;
  readonly onSessionToken: (token: string | undefined) => void;
} {
  return {
    sessionToken: readToken(path),
    onSessionToken: (token) => {
      if (token === undefined) {
        rmSync(path, { force: true });
        return;
      }
      const file = openSync(`${path}.new`, 'w', 0o600);
      try {
        writeSync(file, token);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(`${path}.new`, path);
    },
  };
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
