import type { Socket } from 'node:net';

/** Sockets that have frames waiting for the end of this turn of the event loop. */
const dirty: Output[] = [];
let scheduled = false;

function flushAll(): void {
  scheduled = false;
  for (const output of dirty.splice(0)) output.flush();
}

/** Larger writes are cut up, so that a slow reader’s progress can be seen. */
const WRITE_BYTES = 64 * 1024;
/** Frames up to this many bytes in all are copied together; more are handed over as they are. */
const JOIN_BYTES = 16 * 1024;

/**
 * What leaves through one socket.
 *
 * 1. All frames of one turn of the event loop leave in one write, in their order.
 * 2. It never blocks and never throws; on a closed socket frames vanish.
 * 3. It counts what waits, in our queue and in the socket’s.
 */
export class Output {
  readonly #socket: Socket;
  #frames: Buffer[] = [];
  #bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the peer’s system has not taken yet. */
  get buffered(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Bytes taken by the system since the beginning: grows as long as the peer reads. */
  get taken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Puts complete frames at the end. */
  write(frames: Buffer): void {
    if (this.#frames.length === 0) {
      dirty.push(this);
      if (!scheduled) {
        scheduled = true;
        setImmediate(flushAll);
      }
    }
    this.#frames.push(frames);
    this.#bytes += frames.length;
  }

  /** Writes what waits, now. */
  flush(): void {
    const frames = this.#frames;
    const bytes = this.#bytes;
    this.#frames = [];
    this.#bytes = 0;
    if (frames.length === 0 || !this.#socket.writable) return;
    if (frames.length === 1) this.#send(frames[0] as Buffer);
    else if (bytes <= JOIN_BYTES) this.#socket.write(Buffer.concat(frames, bytes));
    else {
      this.#socket.cork();
      for (const frame of frames) this.#send(frame);
      this.#socket.uncork();
    }
  }

  #send(frame: Buffer): void {
    if (frame.length <= WRITE_BYTES) {
      this.#socket.write(frame);
      return;
    }
    for (let at = 0; at < frame.length; at += WRITE_BYTES) {
      this.#socket.write(frame.subarray(at, at + WRITE_BYTES));
    }
  }
}
