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
  readonly #taken: () => void;
  #frames: Buffer[] = [];
  #bytes = 0;

  /**
   * `taken` is called when the system has taken what a flush has given it. (The socket’s own
   * `drain` does not come when all writes of a flush end within it.)
   */
  constructor(socket: Socket, taken: () => void) {
    this.#socket = socket;
    this.#taken = taken;
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
    if (bytes <= JOIN_BYTES && frames.length > 1) {
      this.#socket.write(Buffer.concat(frames, bytes), this.#taken);
      return;
    }
    this.#socket.cork();
    for (const [i, frame] of frames.entries()) this.#send(frame, i === frames.length - 1);
    this.#socket.uncork();
  }

  #send(frame: Buffer, last: boolean): void {
    for (let at = 0; at < frame.length; at += WRITE_BYTES) {
      const end = at + WRITE_BYTES;
      const piece = frame.length <= WRITE_BYTES ? frame : frame.subarray(at, end);
      if (last && end >= frame.length) this.#socket.write(piece, this.#taken);
      else this.#socket.write(piece);
    }
  }
}
