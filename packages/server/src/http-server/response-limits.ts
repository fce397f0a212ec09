import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** The bounds of unsent responses. Times in milliseconds. */
export interface ResponseBounds {
  /** Unsent responses to one address. */
  readonly perAddress: number;
  /** Unsent bytes to one address; above it, further requests are rejected. */
  readonly bytesPerAddress: number;
  /** Unsent bytes in total; above it, the largest responses are aborted. */
  readonly bytes: number;
  /** A response whose client reads nothing for this long is aborted. */
  readonly stalledMs: number;
  /** The time limit of a response, plus the time for its bytes at `bytesPerSecond`. */
  readonly sentMs: number;
  readonly bytesPerSecond: number;
}

const MIB = 1024 * 1024;

/** The bounds of the server. */
export const RESPONSE_BOUNDS: ResponseBounds = {
  perAddress: 256,
  bytesPerAddress: 32 * MIB,
  bytes: 128 * MIB,
  stalledMs: 15_000,
  sentMs: 30_000,
  bytesPerSecond: 8_192,
};

/** The interval of the checks. */
const TICK_MS = 1_000;

/** An unsent response. */
interface Pending {
  readonly response: ServerResponse;
  readonly address: string;
  /** Monotonic time when its last byte was written, ms; null while its handler is running. */
  endedAt: number | null;
  /** Unsent bytes at that time. */
  bytes: number;
}

/**
 * Keeps unread responses from exhausting memory and file descriptors.
 *
 * 1. The unsent responses of one address and their bytes are bounded.
 * 2. A client that stalls or reads extremely slowly is disconnected.
 * 3. The unsent bytes of all responses together are bounded.
 */
export class ResponseLimits {
  readonly #bounds: ResponseBounds;
  readonly #onCut: (why: string, address: string) => void;
  readonly #byAddress = new Map<string, Set<Pending>>();
  readonly #timer: NodeJS.Timeout;

  /** `onCut` is called for each aborted response. */
  constructor(bounds: ResponseBounds, onCut: (why: string, address: string) => void) {
    this.#bounds = bounds;
    this.#onCut = onCut;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Registers a response; false if its address already has too many unsent. */
  begin(address: string, response: ServerResponse): boolean {
    const all = this.#byAddress.get(address) ?? new Set<Pending>();
    if (all.size >= this.#bounds.perAddress || this.isFull(address)) return false;
    const pending: Pending = { response, address, endedAt: null, bytes: 0 };
    all.add(pending);
    this.#byAddress.set(address, all);
    this.#watch(pending, all);
    return true;
  }

  /** Returns whether the responses to an address have too many unsent bytes for another one. */
  isFull(address: string): boolean {
    let bytes = 0;
    for (const { response } of this.#byAddress.get(address) ?? []) bytes += response.writableLength;
    return bytes > this.#bounds.bytesPerAddress;
  }

  /** The number of unsent responses to all addresses. */
  get size(): number {
    let size = 0;
    for (const all of this.#byAddress.values()) size += all.size;
    return size;
  }

  /** Stops the checks. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #watch(pending: Pending, all: Set<Pending>): void {
    const { response, address } = pending;
    const { stalledMs } = this.#bounds;
    const done = () => {
      all.delete(pending);
      if (all.size === 0 && this.#byAddress.get(address) === all) this.#byAddress.delete(address);
    };
    // Node restarts the timer of a socket whenever the peer has read bytes. It also runs while a
    // handler is running, when there is nothing to read.
    response.setTimeout(stalledMs, () => {
      if (response.writableLength > 0) this.#cut(pending, 'stalled');
      // Restarts the timer. A request that is injected, as in tests, has no real socket.
      else if (response.socket instanceof Socket) response.socket.setTimeout(stalledMs);
    });
    response.once('prefinish', () => {
      pending.endedAt = performance.now();
      pending.bytes = response.writableLength;
    });
    response.once('finish', done);
    response.once('close', done);
  }

  #tick(): void {
    const { sentMs, bytesPerSecond, bytes: limit } = this.#bounds;
    const now = performance.now();
    let bytes = 0;
    const waiting: { pending: Pending; size: number }[] = [];
    for (const all of this.#byAddress.values()) {
      for (const pending of all) {
        const size = pending.response.writableLength;
        if (size === 0) continue;
        const allowed = sentMs + (pending.bytes / bytesPerSecond) * 1_000;
        if (pending.endedAt !== null && now - pending.endedAt > allowed) {
          this.#cut(pending, 'slow');
          continue;
        }
        bytes += size;
        waiting.push({ pending, size });
      }
    }
    if (bytes <= limit) return;
    for (const { pending, size } of waiting.sort((a, b) => b.size - a.size)) {
      if (bytes <= limit) return;
      bytes -= size;
      this.#cut(pending, 'memory');
    }
  }

  #cut({ response, address }: Pending, why: string): void {
    this.#onCut(why, address);
    response.destroy();
  }
}
