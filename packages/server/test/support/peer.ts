import { LIVE_PATH, type Ready, type ServerFrame } from '@parley/protocol';
import { WebSocket } from 'ws';

/**
 * A bare client of the live socket, for tests of the protocol itself: it sends what it is given,
 * keeps what it receives, and answers nothing on its own.
 */
export class Peer {
  readonly frames: ServerFrame[] = [];
  readonly ws: WebSocket;
  /** The HTTP status of a rejected upgrade. */
  refused: number | null = null;
  refusedHeaders: Record<string, unknown> = {};
  closed: { code: number; reason: string } | null = null;
  #waiters: (() => void)[] = [];

  constructor(
    url: string,
    options: { origin?: string; headers?: Record<string, string>; localAddress?: string } = {},
  ) {
    const address = new URL(LIVE_PATH, url);
    address.protocol = address.protocol.replace('http', 'ws');
    this.ws = new WebSocket(address, { perMessageDeflate: false, ...options });
    this.ws.on('open', () => this.#wake());
    this.ws.on('message', (data) => {
      this.frames.push(JSON.parse(data.toString()) as ServerFrame);
      this.#wake();
    });
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    this.ws.on('unexpected-response', (request, response) => {
      this.refused = response.statusCode ?? 0;
      this.refusedHeaders = response.headers;
      request.destroy();
      this.#wake();
    });
    // `refused` and `closed` report a rejected or cut socket.
    this.ws.on('error', () => this.#wake());
  }

  /** Sends a frame, or text as it is. */
  send(frame: object | string | Buffer): void {
    this.ws.send(
      typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame),
    );
  }

  /** Sends hello and waits for `live`. */
  async hello(token: string, more: object = {}): Promise<Ready> {
    await this.until(() => this.ws.readyState === WebSocket.OPEN, 'the socket to open');
    this.send({ op: 'hello', token, ...more });
    await this.next('live');
    return this.of('ready')[0] as Ready;
  }

  /** Returns all frames of one kind so far. */
  of<Op extends ServerFrame['op']>(op: Op): Extract<ServerFrame, { op: Op }>[] {
    return this.frames.filter((f): f is Extract<ServerFrame, { op: Op }> => f.op === op);
  }

  /** Waits for the next unread frame of a kind and returns it. */
  async next<Op extends ServerFrame['op']>(
    op: Op,
    where: (frame: Extract<ServerFrame, { op: Op }>) => boolean = () => true,
  ): Promise<Extract<ServerFrame, { op: Op }>> {
    let found: Extract<ServerFrame, { op: Op }> | undefined;
    await this.until(() => {
      found = this.of(op).find((f) => !this.#taken.has(f) && where(f));
      return found !== undefined;
    }, op);
    this.#taken.add(found as object);
    return found as Extract<ServerFrame, { op: Op }>;
  }
  readonly #taken = new Set<object>();

  /** Waits for a condition, checked whenever a frame arrives. */
  async until(condition: () => boolean, what: string, ms = 20_000): Promise<void> {
    const end = performance.now() + ms;
    while (!condition()) {
      const left = end - performance.now();
      if (left <= 0)
        throw new Error(
          `Timed out waiting for ${what}; got ${this.frames.length} frames, the last: ${JSON.stringify(this.frames.slice(-3)).slice(0, 600)}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 50));
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits for the close and returns its code. */
  async whenClosed(ms?: number): Promise<number> {
    await this.until(() => this.closed !== null, 'the close', ms);
    return this.closed?.code ?? 0;
  }

  close(): void {
    this.ws.terminate();
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
