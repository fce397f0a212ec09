import type { RawData } from 'ws';
import { Budget } from './budget.ts';
import type { LiveSocket } from './live-socket.ts';

/** A frame costs one token, and one more for each of this many bytes. */
const BYTES_PER_COST = 4096;
/** Reading resumes when this share of the budget is available again. */
const RESUME_SHARE = 0.1;
/** Frames of one read that are held while reading is paused; with more, the client is flooding. */
const HELD_MAX = 1_000;
/**
 * A client that would have to wait longer than this is flooding. While reading is paused, a closed
 * connection goes unnoticed, so its file descriptor would stay open.
 */
const PAUSE_MAX_MS = 3_000;
/** Pauses without a full recovery in between; with more, the client is flooding. */
const PAUSES_MAX = 10;

/** Receives the frames of a socket. */
export interface FrameReader {
  /** Handles a data frame. */
  receive(data: RawData, isBinary: boolean): void;
  /** Whether the client leaves too much unread: it would not read an answer, so nothing is read from it. */
  readonly congested: boolean;
  /** The budget of frames that all connections of the account share; null before the hello. */
  readonly accountFrames: Budget | null;
  /** Whether the close has started. */
  readonly closed: boolean;
  /** The client keeps sending more than its budget allows. */
  flooded(): void;
}

/**
 * Reads the frames of one socket within a budget.
 *
 * 1. Every frame counts against the budget: data, malformed or not, ping and pong.
 * 2. Over budget, and while the socket is congested, reading is paused, so that TCP makes the client wait.
 *    What was already read is held, at most {@link HELD_MAX} frames, and handled in order later.
 * 3. A client that keeps exceeding its budget, or exceeds it by far, is reported as flooding.
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
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    ws.on('ping', (data) => this.#onPing(data));
    ws.on('pong', () => {
      if (!this.#paused || !this.#reader.closed) this.#charge(1);
    });
    ws.on('close', () => this.#stop());
  }

  /** Whether reading is paused, so that silence does not mean a dead client. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Handles the frames that were held and continues reading, unless the reader must still wait. */
  resume(): void {
    if (!this.#paused || this.#timer) return;
    while (!this.#reader.congested && !this.#reader.closed) {
      const held = this.#held.shift();
      if (!held) break;
      this.#reader.receive(held.data, held.isBinary);
    }
    if (this.#reader.closed || this.#reader.congested) return;
    this.#paused = false;
    this.#ws.resume();
  }

  /** Stops handling frames, once the close has started; the client's close frame must still be read. */
  closing(): void {
    this.#stop();
    if (!this.#paused || this.#isFlooding()) return;
    this.#paused = false;
    this.#ws.resume();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    // The rest of a read that was detected as flooding.
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
    // Without a budget a client may send ahead whatever fits into one read.
    if (this.#held.length > HELD_MAX && this.#budget.size > 0) this.#reader.flooded();
  }

  #onPing(data: Buffer): void {
    if (this.#paused && this.#reader.closed) return;
    this.#charge(1);
    // Only the latest ping must be answered (RFC 6455 §5.5.3), and an unread pong is useless.
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
    if (this.#deficit() > 0) this.#pauseForBudget();
  }

  /** Returns whether more was read than twice the whole budget. */
  #isFlooding(): boolean {
    return this.#budget.size > 0 && this.#budget.deficit > this.#budget.size;
  }

  #deficit(): number {
    return Math.max(this.#budget.deficit, this.#reader.accountFrames?.deficit ?? 0);
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
    const ms = this.#msUntilResume();
    if (ms > PAUSE_MAX_MS) {
      this.#reader.flooded();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // The rest of the read, or other connections of the account, may have been charged since.
      if (this.#deficit() > 0) this.#waitForBudget();
      else this.resume();
    }, ms);
  }

  #msUntilResume(): number {
    const account = this.#reader.accountFrames;
    return Math.max(
      this.#budget.msUntil(this.#budget.size * RESUME_SHARE),
      account?.msUntil(account.size * RESUME_SHARE) ?? 0,
    );
  }

  /** Resets the count of pauses once the budget has recovered. Must be called regularly. */
  tick(): void {
    if (this.#pauses > 0 && this.#budget.full) this.#pauses = 0;
  }

  #stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = [];
  }
}
