import type { Random } from '@parley/chaos/lib/random';
import type { LiveSocket, SocketHandlers } from '@parley/client';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { Process } from '../event-loop/process.ts';
import { Channel, type Latency } from './channel.ts';
import { FrameReader } from './frames.ts';
import { type Downward, ServerSocket, ServerWebSocket, type Upward } from './server-end.ts';

/** Takes a connection at a node. */
export interface Acceptor {
  readonly process: Process;
  /** Whether it takes connections. */
  readonly isListening: boolean;
  accept(ws: ServerWebSocket, socket: ServerSocket): void;
}

/** A close that the peer does not answer ends after this time, ms. */
const CLOSE_MS = 2_000;

/** The code that a client gets when a stopping node rejects its upgrade. */
const REJECTED = 1013;

/** The properties of a connection. */
export interface LinkOptions {
  readonly latency: Latency;
  /** Bytes that a slow client reads in a ms. */
  readonly bytesPerMs: number;
  /** Bytes that the operating system of the node buffers. */
  readonly kernelBytes: number;
  /** Called with the frames that a process receives. */
  readonly onFrame: ((receiver: Process, from: Process, text: string) => void) | undefined;
}

/** The ends of a connection, and what it runs on. */
interface LinkDeps {
  readonly loop: EventLoop;
  readonly random: Random;
  readonly client: Process;
  readonly acceptor: Acceptor;
  readonly handlers: SocketHandlers;
  /** Called when the connection has ended for the client, or was cut. */
  readonly onGone: (link: Link) => void;
}

/** A WebSocket between a client and a node, and what can go wrong with it. */
export class Link implements LiveSocket {
  readonly client: Process;
  readonly node: Process;
  readonly #loop: EventLoop;
  readonly #handlers: SocketHandlers;
  readonly #up: Channel<Upward>;
  readonly #down: Channel<Downward>;
  readonly #server: ServerWebSocket;
  readonly #socket: ServerSocket;
  readonly #reader = new FrameReader();
  readonly #onGone: (link: Link) => void;
  readonly #onFrame: LinkOptions['onFrame'];
  #isOpen = false;
  #isClosing = false;
  #isOver = false;

  constructor(
    { loop, random, client, acceptor, handlers, onGone }: LinkDeps,
    { latency, bytesPerMs, kernelBytes, onFrame }: LinkOptions,
  ) {
    this.#loop = loop;
    this.client = client;
    this.node = acceptor.process;
    this.#handlers = handlers;
    this.#onGone = onGone;
    this.#onFrame = onFrame;
    this.#up = new Channel<Upward>({
      loop,
      random,
      receiver: this.node,
      latency,
      deliver: (value) => this.#arrived(value),
      // A part of a frame is never handed to the program.
      cutPiece: () => null,
    });
    this.#down = new Channel<Downward>({
      loop,
      random,
      receiver: client,
      latency,
      deliver: (value) => this.#received(value),
      cutPiece: (value, cutter) =>
        Buffer.isBuffer(value) ? value.subarray(0, cutter.int(0, value.length - 1)) : null,
    });
    this.#down.bytesPerMs = bytesPerMs;
    this.#socket = new ServerSocket(loop, this.node, this.#down, kernelBytes);
    this.#server = new ServerWebSocket(
      this.#socket,
      () => this.cut(),
      (fn) => loop.after(0, this.node, fn),
    );
    const opensAfter = latency.min + random.next() * (latency.max - latency.min);
    loop.after(opensAfter, this.node, () => {
      if (this.#isOver) return;
      if (!acceptor.isListening) {
        loop.after(opensAfter, client, () => this.#ended(REJECTED));
        return;
      }
      acceptor.accept(this.#server, this.#socket);
      loop.after(opensAfter, client, () => {
        if (this.#isOver || this.#isClosing) return;
        this.#isOpen = true;
        handlers.open();
      });
    });
  }

  // ---- the end of the client ----------------------------------------------------------------------

  send(text: string): void {
    if (this.#isOpen && !this.#isClosing) this.#up.send(text, text.length);
  }

  close(code = 1005): void {
    if (this.#isOver || this.#isClosing) return;
    this.#isClosing = true;
    if (!this.#isOpen) {
      this.cut();
      return;
    }
    this.#up.send({ close: code }, 4);
    this.#loop.after(CLOSE_MS, this.client, () => this.cut());
  }

  /** Something arrived at the node. */
  #arrived(value: Upward): void {
    const text = typeof value === 'string' ? value : `close ${value.close}`;
    this.#onFrame?.(this.node, this.client, text);
    this.#server.receive(value);
  }

  /** Something arrived at the client. */
  #received(value: Downward): void {
    if (Buffer.isBuffer(value)) {
      for (const text of this.#reader.read(value)) {
        this.#onFrame?.(this.client, this.node, text);
        this.#handlers.message(text);
      }
      return;
    }
    this.#isClosing = true;
    this.#up.send({ close: value.close }, 4);
    this.#ended(value.close);
  }

  #ended(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onGone(this);
    this.#handlers.close(code, null);
  }

  // ---- faults -------------------------------------------------------------------------------------

  /** Ends the connection without a close frame; what is in transit arrives in part. */
  cut(): void {
    this.#onGone(this);
    this.#up.cut(() => this.#server.ended());
    this.#down.cut(() => this.#ended(1006));
  }

  /** From now on nothing arrives in either direction, without notice. */
  lose(): void {
    this.#up.lose();
    this.#down.lose();
  }

  /** Nothing arrives until `release`. */
  hold(): void {
    this.#up.hold();
    this.#down.hold();
  }

  /** Stops the client from reading, until `release`. */
  stopReading(): void {
    this.#down.hold();
  }

  release(): void {
    this.#up.release();
    this.#down.release();
  }
}
