import type { RawData } from 'ws';
import { Budget } from './budget.ts';
import type { LiveSocket } from './live-socket.ts';

/** A frame costs one, and one more for so many bytes of it. */
const BYTES_PER_COST = 4096;
/** Reading goes on when this share of the budget is there again. */
const RESUME_SHARE = 0.1;
/** Frames of one read that wait while reading is paused; more than that is a flood. */
const HELD_MAX = 1_000;
/** Pauses without a full recovery between them, before the socket is closed. */
const PAUSES_MAX = 10;

/** What frames are read for. */
export interface FrameReader {
  /** Takes a data frame. */
  receive(data: RawData, isBinary: boolean): void;
  /** Whether the peer leaves too much unread: it is answered nothing, so nothing is read either. */
  readonly congested: boolean;
  /** The frames of the account over all its sockets; null before the hello. */
  readonly accountFrames: Budget | null;
  /** Whether the close has begun. */
  readonly closed: boolean;
  /** The peer sends more than it may, and goes on with it. */
  flooded(): void;
}

/**
 * The frames that come in on one socket.
 *
 * 1. Every frame counts against a budget: data, malformed or not, ping and pong.
 * 2. Over budget, and while the socket is congested, reading pauses, so TCP makes the peer wait. What
 *    was read already is held, at most {@link HELD_MAX} frames, and handled in order later.
 * 3. Who keeps going over budget is reported as flooding.
 */
export class Inbound {
  readonly #ws: LiveSocket;
  readonly #reader: FrameReader;
  readonly #budget: Budget;
  #held: { data: RawData; isBinary: boolean }[] = [];
  #paused = false;
  #pauses = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(ws: LiveSocket, reader: FrameReader, frames: number, windowMs: number) {
    this.#ws = ws;
    this.#reader = reader;
    this.#budget = new Budget(frames, windowMs);
    ws.on('message', (data, isBinary) => this.#arrived(data, isBinary));
    ws.on('ping', (data) => this.#pinged(data));
    ws.on('pong', () => {
      if (!this.#paused || !this.#reader.closed) this.#charge(1);
    });
    ws.on('close', () => this.#stop());
  }

  /** Whether reading pauses: the peer's silence means nothing then. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Handles what was held and reads on, if nothing is in the way any more. */
  resume(): void {
    if (!this.#paused || this.#timer) return;
    while (this.#held.length > 0 && !this.#reader.congested && !this.#reader.closed) {
      const { data, isBinary } = this.#held.shift() as { data: RawData; isBinary: boolean };
      this.#reader.receive(data, isBinary);
    }
    if (this.#reader.closed || this.#reader.congested) return;
    this.#paused = false;
    this.#ws.resume();
  }

  /** The close has begun: nothing is handled any more, but the peer's close frame has to be read. */
  closing(): void {
    this.#stop();
    if (!this.#paused || this.#isFlooding()) return;
    this.#paused = false;
    this.#ws.resume();
  }

  #arrived(data: RawData, isBinary: boolean): void {
    // The rest of a read of which enough is known.
    if (this.#paused && this.#reader.closed) return;
    const bytes = Buffer.isBuffer(data) ? data.length : 0;
    this.#charge(1 + Math.floor(bytes / BYTES_PER_COST));
    if (this.#reader.closed) return;
    if (!this.#paused && this.#reader.congested) this.#pause();
    if (!this.#paused) {
      this.#reader.receive(data, isBinary);
      return;
    }
    this.#held.push({ data, isBinary });
    // Without a budget a peer may send ahead as much as one read brings.
    if (this.#held.length > HELD_MAX && this.#budget.size > 0) this.#reader.flooded();
  }

  #pinged(data: Buffer): void {
    if (this.#paused && this.#reader.closed) return;
    this.#charge(1);
    // A pong is owed for the latest ping only (RFC 6455 §5.5.3), and none that would not be read.
    if (!this.#paused && !this.#reader.closed && !this.#reader.congested) this.#ws.pong(data);
  }

  #charge(cost: number): void {
    this.#budget.charge(cost);
    this.#reader.accountFrames?.charge(cost);
    if (this.#reader.closed) {
      if (this.#isFlooding()) this.#pause();
      return;
    }
    if (this.#isFlooding()) {
      this.#pause();
      this.#reader.flooded();
      return;
    }
    if (this.#debt() > 0) this.#pauseForBudget();
  }

  /** More was read than the whole budget allows for twice. */
  #isFlooding(): boolean {
    return this.#budget.size > 0 && this.#budget.debt > this.#budget.size;
  }

  #debt(): number {
    return Math.max(this.#budget.debt, this.#reader.accountFrames?.debt ?? 0);
  }

  #pause(): void {
    this.#paused = true;
    this.#ws.pause();
  }

  #pauseForBudget(): void {
    if (this.#timer) return;
    this.#pause();
    if (++this.#pauses > PAUSES_MAX) {
      this.#reader.flooded();
      return;
    }
    this.#waitForBudget();
  }

  #waitForBudget(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // More may have been charged since: by the rest of the read, by other sockets of the account.
      if (this.#debt() > 0) this.#waitForBudget();
      else this.resume();
    }, this.#msUntilResume());
  }

  #msUntilResume(): number {
    const account = this.#reader.accountFrames;
    return Math.max(
      this.#budget.msUntil(this.#budget.size * RESUME_SHARE),
      account?.msUntil(account.size * RESUME_SHARE) ?? 0,
    );
  }

  /** Looks whether the peer has kept within its budget for long enough to be forgiven. */
  tick(): void {
    if (this.#pauses > 0 && this.#budget.full) this.#pauses = 0;
  }

  #stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = [];
  }
}
