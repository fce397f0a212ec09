import type { Random } from '@parley/chaos/lib/random';
import type { LiveSocket, SocketHandlers } from '@parley/client';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { Process } from '../event-loop/process.ts';
import type { Latency } from './channel.ts';
import { type Acceptor, Link } from './link.ts';
import type { ServerSocket, ServerWebSocket } from './server-end.ts';

/** A node as the network reaches it. */
export interface Reachable extends Acceptor {
  /** Carries out a REST request of an account. */
  handle(request: NodeRequest): Promise<NodeAnswer>;
}

/** A REST request. */
export interface NodeRequest {
  readonly method: string;
  readonly path: string;
  /** The parameters behind the path. */
  readonly query?: URLSearchParams;
  readonly token: string | null;
  readonly id: string | null;
  readonly body: unknown;
}

/** Its answer. */
export interface NodeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The conditions of the network of a run. */
export interface NetworkOptions {
  readonly latency: Latency;
  readonly kernelBytes: number;
  readonly onFrame?: ((receiver: Process, from: Process, text: string) => void) | undefined;
}

/** The network between clients and nodes. A connection goes to one of the nodes that listen. */
export class Network {
  readonly links = new Set<Link>();
  readonly #loop: EventLoop;
  readonly #random: Random;
  readonly #options: NetworkOptions;
  readonly #nodes: () => readonly Reachable[];

  constructor(
    loop: EventLoop,
    random: Random,
    options: NetworkOptions,
    nodes: () => readonly Reachable[],
  ) {
    this.#loop = loop;
    this.#random = random;
    this.#options = options;
    this.#nodes = nodes;
  }

  /** Returns the connections of a process. */
  of(process: Process): Link[] {
    return [...this.links].filter((link) => link.client === process || link.node === process);
  }

  /** Opens a WebSocket from a client. */
  open(client: Process, handlers: SocketHandlers, bytesPerMs: number): LiveSocket {
    const node = this.#pick();
    if (!node) {
      this.#later(client, () => handlers.close(1006, null));
      return { send: () => undefined, close: () => undefined };
    }
    const link = new Link(
      {
        loop: this.#loop,
        random: this.#random,
        client,
        acceptor: node,
        handlers,
        onGone: (gone) => this.links.delete(gone),
      },
      { onFrame: undefined, ...this.#options, bytesPerMs },
    );
    this.links.add(link);
    return link;
  }

  /**
   * Sends a request from a client. Resolves at the client; rejects if no answer arrives, which it learns
   * of after a while. `which` in [0, 1) chooses the node.
   */
  request(client: Process, request: NodeRequest, which?: number): Promise<NodeAnswer> {
    return new Promise((resolve, reject) => {
      const fail = () => this.#later(client, () => reject(new TypeError('fetch failed')));
      const node = this.#pick(which);
      if (!node) {
        fail();
        return;
      }
      // If the node is killed in the meantime, it does nothing from then on.
      const lost = this.#loop.after(LOST_MS, client, () => reject(new TypeError('fetch failed')));
      this.#later(node.process, () => {
        const answered = (answer: NodeAnswer) => {
          this.#later(client, () => {
            lost();
            resolve(answer);
          });
        };
        node.handle(request).then(answered, (error: unknown) => {
          queueMicrotask(() => {
            throw error;
          });
        });
      });
    });
  }

  #pick(which = this.#random.next()): Reachable | undefined {
    const nodes = this.#nodes().filter((node) => node.isListening);
    return nodes[Math.floor(which * nodes.length)];
  }

  #later(process: Process, fn: () => void): void {
    const { min, max } = this.#options.latency;
    this.#loop.after(min + this.#random.next() * (max - min), process, fn);
  }
}

/** A client learns that its request was lost after this time, ms. */
const LOST_MS = 3_000;

export type { ServerSocket, ServerWebSocket };
