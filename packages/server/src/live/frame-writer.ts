import type { Socket } from 'node:net';
import type { Refusal, Seq, ServerFrame, StreamId } from '@parley/protocol';
import { textFrame } from '../stream/frame.ts';
import { Output } from './output.ts';

/**
 * The socket is closed if more bytes than this are buffered. Events stop much earlier, at
 * `congestedBytes`; no legitimate client buffers that many answers and signals.
 */
const BUFFERED_MAX = 8 * 1024 * 1024;

/** The parts of a connection that {@link FrameWriter} uses. */
export interface FrameWriterDeps {
  /** The writer is congested while more bytes than this wait in the socket. */
  readonly congestedBytes: number;
  /** Whether frames may no longer be written. */
  readonly isClosed: () => boolean;
  /** More than {@link BUFFERED_MAX} waits in the socket. */
  readonly onOverflow: () => void;
  /** Called after a flush if the writer is no longer congested, or the connection is closed. */
  readonly onDrained: () => void;
}

/** Writes frames to one socket and knows how many of its bytes the client has not read. */
export class FrameWriter {
  readonly #deps: FrameWriterDeps;
  readonly #output: Output;
  #waiting: (() => void)[] = [];
  #flushedBytes = 0;
  #flushedAt = performance.now();

  constructor(socket: Socket, deps: FrameWriterDeps) {
    this.#deps = deps;
    this.#output = new Output(socket, () => this.checkDrained());
  }

  /** Bytes that wait for the client to read them. */
  get buffered(): number {
    return this.#output.buffered;
  }

  get congested(): boolean {
    return this.#output.buffered > this.#deps.congestedBytes;
  }

  get closed(): boolean {
    return this.#deps.isClosed();
  }

  /** Writes encoded frames, unless the connection is closed. */
  write(frames: Buffer): void {
    if (this.closed) return;
    if (this.#output.buffered > BUFFERED_MAX) {
      this.#deps.onOverflow();
      return;
    }
    this.#output.write(frames);
  }

  /** Encodes and writes one frame. */
  send(frame: ServerFrame): void {
    this.write(textFrame(JSON.stringify(frame)));
  }

  /** Sends the acknowledgment of a command. */
  ack(id: string, stream: StreamId, seq: Seq, at: string): void {
    // Assembled as text, because this is the busiest path. None of the values needs escaping.
    this.write(
      textFrame(`{"op":"ack","id":"${id}","stream":"${stream}","seq":${seq},"at":"${at}"}`),
    );
  }

  /** Sends the refusal of a command; `id` is null if the frame had none. */
  nack(id: string | null, { code, message, retryAfter }: Refusal): void {
    this.send({ op: 'nack', id, code, message, ...(retryAfter !== undefined && { retryAfter }) });
  }

  /** Writes the last frame before the close frame, even if the limit of buffered bytes is exceeded. */
  writeLast(frame: ServerFrame): void {
    this.#output.write(textFrame(JSON.stringify(frame)));
  }

  /** Flushes the frames collected in this turn of the event loop. */
  flush(): void {
    this.#output.flush();
  }

  /** Resolves when the writer is not congested, or the connection is closed. */
  drained(): Promise<void> {
    if (!this.congested || this.closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves pending {@link drained} promises if the writer is no longer congested or is closed. */
  checkDrained(): void {
    if (this.congested && !this.closed) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#deps.onDrained();
  }

  /**
   * Returns for how long, ms, the writer has been congested without the client reading anything. Must be
   * called regularly. `now` is monotonic, ms.
   */
  stalledMs(now: number): number {
    const { flushedBytes } = this.#output;
    if (flushedBytes !== this.#flushedBytes || this.#output.buffered === 0) {
      this.#flushedBytes = flushedBytes;
      this.#flushedAt = now;
    }
    return this.congested ? now - this.#flushedAt : 0;
  }
}
