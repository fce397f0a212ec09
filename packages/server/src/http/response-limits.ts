import type { ServerResponse } from 'node:http';

/** What responses may hold. Times in milliseconds. */
export interface ResponseBounds {
  /** Responses to one address that are not sent yet. */
  readonly perAddress: number;
  /** Bytes that wait for readers at one address; further requests are refused. */
  readonly bytesPerAddress: number;
  /** Bytes that wait for all readers; the largest responses are cut until it is kept. */
  readonly bytes: number;
  /** A reader that takes nothing for this long is cut. */
  readonly stalledMs: number;
  /** A response is sent within this time, and the time its bytes take at `bytesPerSecond`. */
  readonly sentMs: number;
  readonly bytesPerSecond: number;
}

const MIB = 1024 * 1024;

/** What the server runs with. */
export const RESPONSE_BOUNDS: ResponseBounds = {
  perAddress: 256,
  bytesPerAddress: 32 * MIB,
  bytes: 128 * MIB,
  stalledMs: 15_000,
  sentMs: 30_000,
  bytesPerSecond: 8_192,
};

/** The regular look at all responses. */
const TICK_MS = 1_000;

/** A response that is not sent yet. */
interface Pending {
  readonly response: ServerResponse;
  readonly address: string;
  /** Monotonic time at which its last byte was written, ms; null while its handler goes on. */
  endedAt: number | null;
  /** Bytes that waited when it ended. */
  bytes: number;
}

/**
 * Keeps what clients do not read from filling memory and descriptors.
 *
 * 1. One address has a bounded number of responses waiting, and of bytes in them.
 * 2. A reader that stalls, or is slower than any line of today, is cut.
 * 3. What waits for all readers together is bounded.
 */
export class ResponseLimits {
  readonly #bounds: ResponseBounds;
  readonly #onCut: (why: string, address: string) => void;
  readonly #byAddress = new Map<string, Set<Pending>>();
  readonly #timer: NodeJS.Timeout;

  /** `onCut` is told of each response that was cut. */
  constructor(bounds: ResponseBounds, onCut: (why: string, address: string) => void) {
    this.#bounds = bounds;
    this.#onCut = onCut;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Takes note of a response that begins; false when its address has too much waiting already. */
  begin(address: string, response: ServerResponse): boolean {
    const { perAddress, bytesPerAddress } = this.#bounds;
    const all = this.#byAddress.get(address) ?? new Set<Pending>();
    if (all.size >= perAddress) return false;
    let bytes = 0;
    for (const pending of all) bytes += pending.response.writableLength;
    if (bytes > bytesPerAddress) return false;
    const pending: Pending = { response, address, endedAt: null, bytes: 0 };
    all.add(pending);
    this.#byAddress.set(address, all);
    this.#watch(pending, all);
    return true;
  }

  /** Responses that are not sent yet, to all addresses. */
  get size(): number {
    let size = 0;
    for (const all of this.#byAddress.values()) size += all.size;
    return size;
  }

  /** Looks at nothing any more. */
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
    // Node's timer of a socket starts again whenever the peer has taken bytes. It runs also while
    // a handler works; then there is nothing that the peer could take.
    response.setTimeout(stalledMs, () => {
      if (response.writableLength > 0) this.#cut(pending, 'stalled');
      else response.setTimeout(stalledMs);
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
