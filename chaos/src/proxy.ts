import { connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does to bytes on their way. */
export interface Weather {
  /** Milliseconds that every chunk waits. */
  delayMs: number;
  /** Bytes from the client vanish; its sending succeeds all the same. */
  swallowUp: boolean;
  /** Bytes from the server vanish. */
  swallowDown: boolean;
  /** Bytes a second towards the client; 0: as they come. */
  downBytesPerSecond: number;
}

const CALM: Weather = { delayMs: 0, swallowUp: false, swallowDown: false, downBytesPerSecond: 0 };

/**
 * A TCP proxy in front of one server, on loopback: it cuts, delays, throttles and swallows, for
 * all its connections or for one of them. Where it leads can be changed: a client then finds
 * another node at the same address.
 */
export class FaultProxy {
  readonly #links = new Set<Link>();
  #server: Server | null = null;
  #target: number;
  #refusing = false;

  /** `target` is the port of the server. */
  constructor(target: number) {
    this.#target = target;
  }

  /** Listens on a free port of the loopback and returns it. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (client) => {
        if (this.#refusing) {
          client.destroy();
          return;
        }
        const link = new Link(client, this.#target, () => this.#links.delete(link));
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

  /** New connections lead to this port. */
  lead(target: number): void {
    this.#target = target;
  }

  /** New connections are refused, or taken again. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** Sets the weather of all connections there are. */
  set(weather: Partial<Weather>): void {
    for (const link of this.#links) link.weather = { ...CALM, ...weather };
  }

  /** Cuts all connections there are, with a reset. */
  cut(): void {
    for (const link of [...this.#links]) link.cut();
  }

  /** Cuts each connection after some more bytes from the server: in the middle of a frame. */
  cutInFrame(bytes: number): void {
    for (const link of this.#links) link.cutAfter = bytes;
  }

  /** How many connections there are. */
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
  weather: Weather = { ...CALM };
  /** Bytes from the server that still pass before the connection is cut. */
  cutAfter: number | null = null;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #onGone: () => void;
  #gone = false;

  constructor(client: Socket, target: number, onGone: () => void) {
    this.#client = client;
    this.#onGone = onGone;
    this.#server = connect({ port: target, host: '127.0.0.1' });
    client.setNoDelay(true);
    this.#server.setNoDelay(true);
    client.on('data', (bytes) => this.#up(bytes));
    this.#server.on('data', (bytes) => void this.#down(bytes));
    for (const socket of [client, this.#server]) {
      // An end of either side ends both, but not while bytes are swallowed: a half-open
      // connection shows no end.
      socket.on('end', () => {
        if (!this.weather.swallowUp && !this.weather.swallowDown) this.cut();
      });
      socket.on('error', () => this.cut());
      socket.on('close', () => this.cut());
    }
  }

  cut(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
    this.#onGone();
  }

  #up(bytes: Buffer): void {
    if (this.weather.swallowUp) return;
    if (this.weather.delayMs === 0) this.#server.write(bytes);
    else setTimeout(() => this.#gone || this.#server.write(bytes), this.weather.delayMs);
  }

  async #down(bytes: Buffer): Promise<void> {
    if (this.weather.swallowDown) return;
    if (this.cutAfter !== null) {
      const part = bytes.subarray(0, this.cutAfter);
      this.cutAfter -= part.length;
      this.#client.write(part);
      if (this.cutAfter <= 0) setImmediate(() => this.cut());
      return;
    }
    const { delayMs, downBytesPerSecond } = this.weather;
    if (downBytesPerSecond > 0) {
      // Nothing more is read from the server while these bytes trickle.
      this.#server.pause();
      const ms = (bytes.length / downBytesPerSecond) * 1000;
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (!this.#gone) {
        this.#client.write(bytes);
        this.#server.resume();
      }
    } else if (delayMs > 0) {
      setTimeout(() => this.#gone || this.#client.write(bytes), delayMs);
    } else if (!this.#client.write(bytes)) {
      this.#server.pause();
      this.#client.once('drain', () => this.#server.resume());
    }
  }
}
