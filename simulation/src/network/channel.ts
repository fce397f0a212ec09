import type { Random } from '@parley/chaos/lib/random';
import type { EventLoop } from '../event-loop/event-loop.ts';
import type { Process } from '../event-loop/process.ts';

/** Latency of a channel, ms. */
export interface Latency {
  readonly min: number;
  readonly max: number;
}

/** An item in a channel. */
export interface Piece<T> {
  readonly value: T;
  readonly bytes: number;
}

interface ChannelDeps<T> {
  readonly loop: EventLoop;
  readonly random: Random;
  readonly receiver: Process;
  readonly latency: Latency;
  readonly deliver: (value: T) => void;
  /** Returns the part of a piece that arrives if only part of it was sent. */
  readonly cutPiece: (value: T, random: Random) => T | null;
}

/**
 * One direction of a connection: everything arrives in the order in which it was sent, until it is cut.
 *
 * - *open*: pieces arrive after the latency.
 * - *held*: pieces wait, as behind a receiver that does not read or a link that stalls.
 * - *lost*: pieces vanish, without notice.
 */
export class Channel<T> {
  latency: Latency;
  /** The number of bytes that arrive per ms. */
  bytesPerMs = Number.POSITIVE_INFINITY;
  /** Called when bytes have arrived, so that more can be sent. */
  onArrived: () => void = () => undefined;
  readonly #loop: EventLoop;
  readonly #random: Random;
  readonly #receiver: Process;
  readonly #deliver: (value: T) => void;
  readonly #cutPiece: (value: T, random: Random) => T | null;
  #underWay: Piece<T>[] = [];
  #state: 'open' | 'held' | 'lost' | 'cut' = 'open';
  #arrivesAt = 0;
  #bytes = 0;

  constructor({ loop, random, receiver, latency, deliver, cutPiece }: ChannelDeps<T>) {
    this.#loop = loop;
    this.#random = random;
    this.#receiver = receiver;
    this.latency = latency;
    this.#deliver = deliver;
    this.#cutPiece = cutPiece;
  }

  /** Bytes that were sent and have not arrived. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sends a piece. */
  send(value: T, bytes: number): void {
    if (this.#state === 'cut') return;
    this.#bytes += bytes;
    const piece = { value, bytes };
    if (this.#state === 'lost') return;
    this.#underWay.push(piece);
    if (this.#state === 'open') this.#schedule(piece);
  }

  #schedule(piece: Piece<T>): void {
    const { min, max } = this.latency;
    const latency = min + this.#random.next() * (max - min);
    const { now } = this.#loop;
    this.#arrivesAt = Math.max(this.#arrivesAt, now + latency) + piece.bytes / this.bytesPerMs;
    this.#loop.after(this.#arrivesAt - now, this.#receiver, () => this.#arrive(piece));
  }

  #arrive(piece: Piece<T>): void {
    if (this.#state !== 'open' || this.#underWay[0] !== piece) return;
    this.#underWay.shift();
    this.#bytes -= piece.bytes;
    this.#deliver(piece.value);
    this.onArrived();
  }

  /** From now on pieces wait, including those in transit. */
  hold(): void {
    if (this.#state === 'open') this.#state = 'held';
  }

  /** Pieces that waited arrive. */
  release(): void {
    if (this.#state !== 'held') return;
    this.#state = 'open';
    for (const piece of this.#underWay) this.#schedule(piece);
  }

  /** From now on pieces vanish, including those in transit. */
  lose(): void {
    if (this.#state !== 'cut') this.#state = 'lost';
    this.#underWay = [];
  }

  /**
   * Ends the channel: some of the data in transit still arrives, possibly part of a piece, and then
   * `onEnd` is called at the receiver.
   */
  cut(onEnd: () => void): void {
    if (this.#state === 'cut') return;
    const wasLost = this.#state === 'lost';
    this.#state = 'cut';
    const arriving = wasLost ? 0 : this.#random.int(0, this.#underWay.length);
    const values = this.#underWay.slice(0, arriving).map((piece) => piece.value);
    const broken = wasLost ? undefined : this.#underWay[arriving];
    const part = broken && this.#cutPiece(broken.value, this.#random);
    if (part) values.push(part);
    this.#underWay = [];
    const { min, max } = this.latency;
    this.#loop.after(min + this.#random.next() * (max - min), this.#receiver, () => {
      for (const value of values) this.#deliver(value);
      onEnd();
    });
  }
}
