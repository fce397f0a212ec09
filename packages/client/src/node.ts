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
import type { ClientId } from '@parley/protocol';
import { WebSocket } from 'ws';
import type { LiveSocket, SocketHandlers } from './socket.ts';

export { FileStore } from './file-store.ts';

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

/** Keeps the ids that are derived here apart from those of other hashes. */
const NAMESPACE = 'parley.derived-id.1';

/**
 * Derives the id of a command from what it answers, for instance `derivedId(conversation, seq)`:
 * whoever derives it again, after a crash or in another process, gets the same one, and the server
 * carries the command out once. A UUIDv8 (RFC 9562): the first 128 bits of SHA-256 over the JSON
 * array of a constant and the parts. Programs that send several commands for one thing add a part
 * that tells them apart.
 */
export function derivedId(...parts: readonly (string | number)[]): ClientId {
  const bytes = createHash('sha256')
    .update(JSON.stringify([NAMESPACE, ...parts]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...groups, hex.slice(20)].join('-') as ClientId;
}

/**
 * Keeps a program’s session in a file, for its next start: the options of a `ParleyApi`. Each new
 * token is on disk before it is used, and takes the place of the old one at once. The file is
 * readable by its owner only; it is as good as the password.
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
