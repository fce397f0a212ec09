import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { LIVE_PATH } from '@parley/protocol';
import { until } from './sink.ts';

/** A frame as it was received. */
export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Opcodes of RFC 6455. */
export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/**
 * The live socket over bare TCP: it sends frames as given, several in one write, reads only on
 * request, and answers nothing.
 */
export class RawSocket {
  readonly socket: Socket;
  ended = false;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on('close', () => {
      this.ended = true;
    });
    // A reset counts as any other end.
    socket.on('error', () => undefined);
  }

  /** Opens the socket of the server at `url`. */
  static async open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const raw = new RawSocket(connect(Number(port), hostname));
    const key = randomBytes(16).toString('base64');
    raw.socket.write(
      `GET ${LIVE_PATH} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await until(() => raw.#received.includes('\r\n\r\n'), 'the upgrade');
    raw.#received = raw.#received.subarray(raw.#received.indexOf('\r\n\r\n') + 4);
    return raw;
  }

  /** Sends frames in one write. */
  send(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Sends hello and waits for `live`. */
  async hello(token: string): Promise<void> {
    this.send(textOf({ op: 'hello', token }));
    await until(() => this.texts.some((t) => t.op === 'live'), 'live');
  }

  /** Returns all complete frames so far. */
  get frames(): RawFrame[] {
    const frames: RawFrame[] = [];
    const bytes = this.#received;
    for (let at = 0; at + 2 <= bytes.length; ) {
      const opcode = (bytes[at] as number) & 0x0f;
      let length = bytes[at + 1] as number;
      let begin = at + 2;
      if (length === 126) {
        length = bytes.readUInt16BE(begin);
        begin += 2;
      } else if (length === 127) {
        length = Number(bytes.readBigUInt64BE(begin));
        begin += 8;
      }
      if (begin + length > bytes.length) break;
      frames.push({ opcode, payload: bytes.subarray(begin, begin + length) });
      at = begin + length;
    }
    return frames;
  }

  /** Returns the contents of text frames. */
  get texts(): ({ op: string } & Record<string, unknown>)[] {
    return this.frames
      .filter((f) => f.opcode === OPCODE.text)
      .map((f) => JSON.parse(f.payload.toString('utf8')));
  }

  /** Returns the code of the received close frame; null without one. */
  get closeCode(): number | null {
    const close = this.frames.find((f) => f.opcode === OPCODE.close);
    return close ? close.payload.readUInt16BE(0) : null;
  }
}

/** Encodes a client’s frame, masked with zeros. */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.alloc(4);
  if (payload.length < 126) {
    return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, payload]);
  }
  if (payload.length < 65_536) {
    const head = Buffer.from([0x80 | opcode, 0x80 | 126, 0, 0]);
    head.writeUInt16BE(payload.length, 2);
    return Buffer.concat([head, mask, payload]);
  }
  const head = Buffer.alloc(10);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, mask, payload]);
}

/** Encodes a client’s text frame. */
export const textOf = (frame: object | string): Buffer =>
  frameOf(OPCODE.text, Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame)));

/** Encodes a client’s close frame. */
export const closeOf = (code: number): Buffer =>
  frameOf(OPCODE.close, Buffer.from([code >> 8, code & 0xff]));
