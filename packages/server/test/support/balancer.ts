import { connect, createServer, type Server, type Socket } from 'node:net';

/** How often the nodes are asked whether they are ready. */
const ASK_MS = 200;

/**
 * A load balancer as operators run it: plain TCP, no sticky sessions. It polls `/health/ready` and
 * forwards new connections to the ready nodes in turn. Open connections are left alone.
 */
export class Balancer {
  readonly #nodes: readonly string[];
  readonly #ready = new Set<string>();
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #timer: NodeJS.Timeout | null = null;
  #turn = 0;

  /** `nodes` are their addresses, http://host:port. */
  constructor(nodes: readonly string[]) {
    this.#nodes = nodes;
  }

  /** Listens on a free port and returns its address. */
  listen(): Promise<string> {
    this.#timer = setInterval(() => void this.#ask(), ASK_MS);
    return new Promise((resolve, reject) => {
      const server = createServer((client) => this.#forward(client));
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(`http://127.0.0.1:${address.port}`);
      });
      this.#server = server;
    });
  }

  /** Returns the nodes that report to be ready. */
  get ready(): number {
    return this.#ready.size;
  }

  /** Breaks all open connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.cut();
    return new Promise((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
  }

  async #ask(): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node) => {
        const signal = AbortSignal.timeout(1_000);
        const ok = await fetch(new URL('/health/ready', node), { signal }).then(
          (answer) => answer.ok,
          () => false,
        );
        if (ok) this.#ready.add(node);
        else this.#ready.delete(node);
      }),
    );
  }

  #forward(client: Socket): void {
    const ready = this.#nodes.filter((node) => this.#ready.has(node));
    const node = ready[this.#turn++ % ready.length];
    if (node === undefined) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(node);
    const onward = connect(Number(port), hostname);
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
