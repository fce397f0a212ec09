import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to one pub/sub message on its way to a subscriber. */
export type Fate = 'pass' | 'lose' | 'double' | 'swap' | 'late';

/**
 * A TCP proxy in front of a Redis that understands its messages: it drops, doubles, swaps and delays
 * whole pub/sub messages and forwards everything else unchanged. (Bytes lost within a connection
 * would only break the connection.)
 */
export class RedisProxy {
  /** Decides on each message to a subscriber; `channel` is where it was published. */
  fate: (channel: string) => Fate = () => 'pass';
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  /** Number of messages that were not simply forwarded. */
  disturbed = 0;

  /** `target` is the port of the Redis. */
  constructor(target: number) {
    this.#target = target;
  }

  /** Listens on a free port of the loopback interface and returns the address for REDIS_URL. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      const server = createServer((client) => this.#join(client));
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(`redis://127.0.0.1:${address.port}`);
      });
      this.#server = server;
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
  }

  #join(client: Socket): void {
    const redis = connect(this.#target, '127.0.0.1');
    let rest: Buffer = Buffer.alloc(0);
    let delayed: Buffer | null = null;
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    const write = (bytes: Buffer) => {
      if (client.writable) client.write(bytes);
    };
    client.on('data', (bytes) => redis.write(bytes));
    redis.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let reply = nextReply(rest); reply !== null; reply = nextReply(rest)) {
        const whole = rest.subarray(0, reply.end);
        rest = rest.subarray(reply.end);
        const fate = reply.channel === null ? 'pass' : this.fate(reply.channel);
        if (fate !== 'pass') this.disturbed++;
        if (fate === 'lose') continue;
        if (fate === 'late') {
          setTimeout(write, 700, whole);
          continue;
        }
        if (fate === 'swap' && delayed === null) {
          // Sent after the next one, or a little later if there is none.
          delayed = whole;
          setTimeout(() => {
            if (delayed === whole) write(whole);
            if (delayed === whole) delayed = null;
          }, 300);
          continue;
        }
        write(whole);
        if (fate === 'double') write(whole);
        if (delayed !== null) write(delayed);
        delayed = null;
      }
    });
  }
}

/** Returns the end of the first complete reply (RESP 2), and its channel if it is a pub/sub message. */
function nextReply(bytes: Buffer): { end: number; channel: string | null } | null {
  const words: string[] = [];
  const end = skip(bytes, 0, words);
  if (end === -1) return null;
  return { end, channel: words[0] === 'message' && words.length === 3 ? (words[1] ?? null) : null };
}

function skip(bytes: Buffer, at: number, words: string[]): number {
  const line = bytes.indexOf('\r\n', at);
  if (line === -1) return -1;
  const kind = bytes[at];
  const count = Number(bytes.toString('latin1', at + 1, line));
  if (kind === 0x24 /* $ */) {
    if (count === -1) return line + 2;
    const end = line + 2 + count + 2;
    if (bytes.length < end) return -1;
    words.push(bytes.toString('utf8', line + 2, end - 2));
    return end;
  }
  if (kind === 0x2a /* * */) {
    let end = line + 2;
    for (let i = 0; i < count && end !== -1; i++) end = skip(bytes, end, words);
    return end;
  }
  return line + 2;
}
