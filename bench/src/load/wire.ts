import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/**
 * WebSocket for the load generator: raw TCP and a scanner that reads only headers. A client library
 * that parses every message would be the bottleneck long before the server is.
 */
export class RawSocket {
  /** Called with each text frame: the buffer, the offset of its payload, and its length. */
  onFrame: (bytes: Buffer, at: number, length: number) => void = () => undefined;
  readonly #socket: Socket;
  #rest: Buffer | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects and upgrades. A connection that the server closes before `close` ends the measurement. */
  static open(url: string, path: string): Promise<RawSocket> {
    const { hostname, port, host } = new URL(url);
    return new Promise((resolve, reject) => {
      const tcp = connect(Number(port), hostname);
      const raw = new RawSocket(tcp);
      let head: Buffer = Buffer.alloc(0);
      let upgraded = false;
      tcp.setNoDelay(true);
      tcp.once('error', reject);
      tcp.on('data', (bytes) => {
        if (upgraded) {
          raw.#take(bytes);
          return;
        }
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        if (!head.toString('latin1').startsWith('HTTP/1.1 101')) {
          reject(new Error(head.toString('latin1', 0, 200)));
          return;
        }
        upgraded = true;
        resolve(raw);
        // What follows the head is read by the `onFrame` that is set by then.
        const more = head.subarray(end + 4);
        if (more.length > 0) queueMicrotask(() => raw.#take(more));
      });
      const key = randomBytes(16).toString('base64');
      tcp.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      );
    });
  }

  /** Sends a text frame, masked as clients must (RFC 6455 §5.3); the mask is zero. */
  send(text: string): void {
    const length = Buffer.byteLength(text);
    const head = length < 126 ? 2 : 4;
    const frame = Buffer.alloc(head + 4 + length);
    frame[0] = 0x81;
    if (head === 2) frame[1] = 0x80 | length;
    else {
      frame[1] = 0x80 | 126;
      frame.writeUInt16BE(length, 2);
    }
    frame.write(text, head + 4);
    this.#socket.write(frame);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const all = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    let at = 0;
    for (;;) {
      if (all.length - at < 2) break;
      let length = all[at + 1] as number;
      let head = 2;
      if (length === 126) {
        if (all.length - at < 4) break;
        length = all.readUInt16BE(at + 2);
        head = 4;
      } else if (length === 127) {
        if (all.length - at < 10) break;
        length = Number(all.readBigUInt64BE(at + 2));
        head = 10;
      }
      if (all.length - at < head + length) break;
      this.onFrame(all, at + head, length);
      at += head + length;
    }
    this.#rest = at < all.length ? all.subarray(at) : null;
  }
}
