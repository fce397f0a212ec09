import { EventEmitter } from 'node:events';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { Process } from '../event-loop/process.ts';
import type { Channel } from './channel.ts';

/** What goes from a node to a client: bytes of frames, or the close frame. */
export type Downward = Buffer | { readonly close: number };

/** A write that the operating system has not accepted. */
interface Write {
  readonly value: Downward;
  readonly bytes: number;
  readonly onAccepted: (() => void) | undefined;
}

/** The TCP socket of a node: as much of `net.Socket` as the product writes to. */
export class ServerSocket {
  writableLength = 0;
  bytesWritten = 0;
  writable = true;
  readonly #loop: EventLoop;
  readonly #process: Process;
  readonly #channel: Channel<Downward>;
  readonly #kernelBytes: number;
  #waiting: Write[] = [];
  #isScheduled = false;

  /** The operating system takes `kernelBytes` before the client has read them. */
  constructor(loop: EventLoop, process: Process, channel: Channel<Downward>, kernelBytes: number) {
    this.#loop = loop;
    this.#process = process;
    this.#channel = channel;
    this.#kernelBytes = kernelBytes;
    // The peer has read: the operating system of the node accepts more.
    channel.onArrived = () => {
      if (this.#waiting.length > 0) loop.after(0, process, () => this.#accept());
    };
  }

  write(bytes: Buffer, onAccepted?: () => void): boolean {
    this.#write({ value: bytes, bytes: bytes.length, onAccepted });
    return this.writableLength === 0;
  }

  writeClose(code: number): void {
    this.#write({ value: { close: code }, bytes: 4, onAccepted: undefined });
  }

  cork(): void {}
  uncork(): void {}

  /** Ends the connection at once: the callbacks of pending writes are called. */
  destroy(): void {
    this.writable = false;
    for (const { onAccepted } of this.#waiting.splice(0)) onAccepted?.();
    this.writableLength = 0;
  }

  #write(write: Write): void {
    if (!this.writable) return;
    this.#waiting.push(write);
    this.writableLength += write.bytes;
    this.bytesWritten += write.bytes;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    // After the turn, in the process of the node: a flush writes to the sockets of all nodes of this thread.
    this.#loop.immediate(this.#process, () => {
      this.#isScheduled = false;
      this.#accept();
    });
  }

  #accept(): void {
    const accepted: Write[] = [];
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const { bytes: full } = this.#channel;
      if (full > 0 && full + next.bytes > this.#kernelBytes) break;
      this.#waiting.shift();
      this.writableLength -= next.bytes;
      this.#channel.send(next.value, next.bytes);
      accepted.push(next);
    }
    for (const { onAccepted } of accepted) onAccepted?.();
  }
}

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** What comes from a client. */
export type Upward = string | { readonly close: number };

/**
 * The WebSocket of a node: as much of `LiveSocket` as the product uses. It calls `onClosing` before
 * the close frame is written, whoever started the close.
 */
export class ServerWebSocket extends EventEmitter {
  readyState = OPEN;
  onClosing: (() => void) | null = null;
  readonly #socket: ServerSocket;
  readonly #cut: () => void;
  readonly #defer: (fn: () => void) => void;
  #isPaused = false;
  #unread: Upward[] = [];
  #code = 1006;

  /** `cut` ends the connection in both directions; `defer` runs a function later. */
  constructor(socket: ServerSocket, cut: () => void, defer: (fn: () => void) => void) {
    super();
    this.#socket = socket;
    this.#cut = cut;
    this.#defer = defer;
  }

  /** Something arrived from the client. */
  receive(value: Upward): void {
    if (this.#isPaused || this.#unread.length > 0) this.#unread.push(value);
    else this.#read(value);
  }

  #read(value: Upward): void {
    if (this.readyState === CLOSED) return;
    if (typeof value === 'string') {
      this.emit('message', Buffer.from(value), false);
      return;
    }
    this.#code = value.close;
    this.close(value.close);
    this.ended();
  }

  close(code = 1000): void {
    const { onClosing } = this;
    this.onClosing = null;
    if (this.readyState === OPEN) onClosing?.();
    if (this.readyState !== OPEN) return;
    this.readyState = CLOSING;
    if (this.#code === 1006) this.#code = code;
    this.#socket.writeClose(code);
  }

  terminate(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSING;
    this.#cut();
  }

  /** Handles the end of the connection. */
  ended(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#socket.destroy();
    this.emit('close', this.#code);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#unread.length > 0) this.#defer(() => this.#readOn());
  }

  #readOn(): void {
    while (!this.#isPaused && this.#unread.length > 0) this.#read(this.#unread.shift() as Upward);
  }
}
