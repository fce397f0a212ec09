import type { Socket } from 'node:net';

/** Outputs with frames that wait for the end of this turn of the event loop. */
const dirty: Output[] = [];
let isScheduled = false;

function flushAll(): void {
  isScheduled = false;
  for (const output of dirty.splice(0)) output.flush();
}

/** Longer writes are split, so that the progress of slow clients is visible. */
const WRITE_BYTES = 64 * 1024;
/** Frames of up to this many bytes in all are copied into one buffer; more are written one by one. */
const JOIN_BYTES = 16 * 1024;

/**
 * Collects the frames for one socket.
 *
 * 1. All frames of one turn of the event loop are written at once, in their order.
 * 2. It never blocks and never throws; frames for a closed socket are dropped.
 * 3. It counts the bytes that wait, in its own queue and in that of the socket; `FrameWriter` sets the
 *    limits, and `stream/topic.ts` stops sending events while a writer is congested.
 */
export class Output {
  readonly #socket: Socket;
  readonly #onFlushed: () => void;
  #frames: Buffer[] = [];
  #bytes = 0;

  /**
   * `onFlushed` is called when the operating system has accepted everything that a flush passed to it.
   * (The socket does not emit `drain` when all writes of a flush finish within it.)
   */
  constructor(socket: Socket, onFlushed: () => void) {
    this.#socket = socket;
    this.#onFlushed = onFlushed;
  }

  /** Bytes that the operating system has not yet accepted. */
  get buffered(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Bytes that the operating system has accepted so far: grows while the client reads. */
  get flushedBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Appends complete frames. */
  write(frames: Buffer): void {
    if (this.#frames.length === 0) {
      dirty.push(this);
      if (!isScheduled) {
        isScheduled = true;
        setImmediate(flushAll);
      }
    }
    this.#frames.push(frames);
    this.#bytes += frames.length;
  }

  /** Writes the collected frames now. */
  flush(): void {
    const frames = this.#frames;
    const bytes = this.#bytes;
    this.#frames = [];
    this.#bytes = 0;
    if (frames.length === 0 || !this.#socket.writable) return;
    if (bytes <= JOIN_BYTES) {
      // A write that is not corked costs less, which counts for a message to many sockets.
      const [first] = frames as [Buffer];
      const joined = frames.length === 1 ? first : Buffer.concat(frames, bytes);
      this.#socket.write(joined, this.#onFlushed);
      return;
    }
    this.#socket.cork();
    for (const [i, frame] of frames.entries()) this.#writeSplit(frame, i === frames.length - 1);
    this.#socket.uncork();
  }

  #writeSplit(frame: Buffer, isLast: boolean): void {
    for (let at = 0; at < frame.length; at += WRITE_BYTES) {
      const end = at + WRITE_BYTES;
      const piece = frame.length <= WRITE_BYTES ? frame : frame.subarray(at, end);
      if (isLast && end >= frame.length) this.#socket.write(piece, this.#onFlushed);
      else this.#socket.write(piece);
    }
  }
}
