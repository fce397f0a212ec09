import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What the proxy does to bytes in transit. */
export interface Conditions {
  /** Delay of every chunk, ms. */
  delayMs: number;
  /** Bytes from the client are dropped; sending succeeds all the same. */
  swallowUp: boolean;
  /** Bytes from the server are dropped. */
  swallowDown: boolean;
  /** Bytes per second towards the client; 0: unlimited. */
  downBytesPerSecond: number;
}

const NORMAL: Conditions = {
  delayMs: 0,
  swallowUp: false,
  swallowDown: false,
  downBytesPerSecond: 0,
};

/**
 * A TCP proxy in front of one server, on loopback: it cuts, delays, throttles and drops, for all its
 * connections or for one of them. Its target can be changed: a client then reaches another node at
 * the same address.
 */
export class FaultProxy {
  readonly #links = new Set<Link>();
  #server: Server | null = null;
  #target: number;
  #refusing = false;
  #defaults: Partial<Conditions> = {};

  /** `target` is the port of the server. */
  constructor(target: number) {
    this.#target = target;
  }

  /** Listens on a free port of the loopback interface and returns it. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (client) => {
        if (this.#refusing) {
          client.destroy();
          return;
        }
        const link = new Link(client, this.#target, () => this.#links.delete(link));
        link.conditions = { ...NORMAL, ...this.#defaults };
        this.#links.add(link);
      });
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') reject(new Error('No port'));
        else resolve(address.port);
      });
      this.#server = server;
    });
  }

  /** Forwards new connections to this port. */
  forwardTo(target: number): void {
    this.#target = target;
  }

  /** Refuses new connections, or accepts them again. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** Sets the conditions of all current and future connections. */
  setDefaults(defaults: Partial<Conditions>): void {
    this.#defaults = defaults;
    this.set(defaults);
  }

  /** Sets the conditions of all current connections. */
  set(conditions: Partial<Conditions>): void {
    for (const link of this.#links) {
      const { swallowUp, swallowDown } = link.conditions;
      link.conditions = { ...NORMAL, ...conditions };
      // TCP never loses bytes and continues: a connection that has lost some stays dead for good.
      link.conditions.swallowUp ||= swallowUp;
      link.conditions.swallowDown ||= swallowDown;
    }
  }

  /** Cuts all current connections with a reset. */
  cut(): void {
    for (const link of [...this.#links]) link.cut();
  }

  /** Cuts each connection after this many more bytes from the server: in the middle of a frame. */
  cutInFrame(bytes: number): void {
    for (const link of this.#links) link.cutAfter = bytes;
  }

  /** The number of current connections. */
  get connections(): number {
    return this.#links.size;
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
  }
}

/** One connection through the proxy. */
class Link {
  conditions: Conditions = { ...NORMAL };
  /** Bytes from the server that still pass before the connection is cut. */
  cutAfter: number | null = null;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #onClosed: () => void;
  #gone = false;

  constructor(client: Socket, target: number, onClosed: () => void) {
    this.#client = client;
    this.#onClosed = onClosed;
    this.#server = connect({ port: target, host: '127.0.0.1' });
    client.setNoDelay(true);
    this.#server.setNoDelay(true);
    for (const socket of [client, this.#server]) {
      socket.on('error', () => this.cut());
      socket.on('close', () => this.cut());
    }
    void this.#forward(client, this.#server, (bytes) => this.#up(bytes));
    void this.#forward(this.#server, client, (bytes) => this.#down(bytes));
  }

  cut(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
    this.#onClosed();
  }

  /** Forwards chunk after chunk: under any conditions, none overtakes another. */
  async #forward(
    from: Socket,
    to: Socket,
    treat: (bytes: Buffer) => Promise<Buffer | null>,
  ): Promise<void> {
    try {
      for await (const chunk of from) {
        const bytes = await treat(chunk as Buffer);
        if (this.#gone) return;
        if (bytes && !to.write(bytes)) await this.#drained(to);
      }
    } catch {
      // A socket that was reset: `cut` handles it.
    }
    // The end of either side ends both, except while bytes are dropped: a half-open connection
    // shows no end.
    if (!this.conditions.swallowUp && !this.conditions.swallowDown) this.cut();
  }

  async #up(bytes: Buffer): Promise<Buffer | null> {
    if (this.conditions.delayMs > 0) await pause(this.conditions.delayMs);
    return this.conditions.swallowUp ? null : bytes;
  }

  async #down(bytes: Buffer): Promise<Buffer | null> {
    const { delayMs, downBytesPerSecond } = this.conditions;
    if (delayMs > 0) await pause(delayMs);
    if (downBytesPerSecond > 0) await pause((bytes.length / downBytesPerSecond) * 1000);
    if (this.conditions.swallowDown) return null;
    if (this.cutAfter === null) return bytes;
    const part = bytes.subarray(0, this.cutAfter);
    this.cutAfter -= part.length;
    if (this.cutAfter <= 0) setImmediate(() => this.cut());
    return part;
  }

  #drained(socket: Socket): Promise<void> {
    return new Promise((resolve) => {
      socket.once('drain', resolve);
      socket.once('close', () => resolve());
    });
  }
}
