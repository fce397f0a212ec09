import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { AccountId } from '@parley/protocol';
import { refuse } from '../http/errors.ts';

/** Contents that are being sent: each holds a file descriptor. */
const PER_ACCOUNT = 16;
const IN_ALL = 400;
/** A client that reads more slowly than this on average is disconnected, after a start. */
const BYTES_PER_SECOND = 4_096;
const START_MS = 30_000;
const CHECK_MS = 5_000;

/** Bounds the contents that are being sent, and how long slow readers hold them. */
export class Downloads {
  readonly #byAccount = new Map<AccountId, number>();
  #all = 0;

  /** The number of contents that are being sent. */
  get size(): number {
    return this.#all;
  }

  /**
   * Opens a content and returns it for a response. It counts until it is closed.
   * @throws {RefusalError} `overloaded` if too many are being sent
   */
  async open(
    account: AccountId,
    response: ServerResponse,
    open: () => Promise<Readable | null>,
  ): Promise<Readable | null> {
    const own = this.#byAccount.get(account) ?? 0;
    if (own >= PER_ACCOUNT || this.#all >= IN_ALL) {
      refuse('overloaded', 'Too many files are being downloaded', { retryAfter: 2 });
    }
    this.#count(account, 1);
    let content: Readable | null = null;
    try {
      content = await open();
    } finally {
      if (!content) this.#count(account, -1);
    }
    if (!content) return null;
    const stop = disconnectSlow(content, response);
    content.once('close', () => {
      stop();
      this.#count(account, -1);
    });
    // The client may have gone while the content was opened.
    if (response.destroyed) content.destroy();
    return content;
  }

  #count(account: AccountId, change: 1 | -1): void {
    this.#all += change;
    const own = (this.#byAccount.get(account) ?? 0) + change;
    if (own === 0) this.#byAccount.delete(account);
    else this.#byAccount.set(account, own);
  }
}

/** Disconnects a client that reads too slowly. Returns what ends the checks. */
function disconnectSlow(content: Readable, response: ServerResponse): () => void {
  const startedAt = performance.now();
  let read = 0;
  content.on('data', (piece: Buffer) => {
    read += piece.length;
  });
  content.pause();
  const timer = setInterval(() => {
    const ms = performance.now() - startedAt - START_MS;
    const sent = read - response.writableLength;
    if (ms > 0 && sent < (ms / 1_000) * BYTES_PER_SECOND) response.destroy();
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
