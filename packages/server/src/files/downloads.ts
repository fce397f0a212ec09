import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { AccountId } from '@parley/protocol';
import { refuse } from '../http/errors.ts';

/** The bounds of downloads. Times in milliseconds. */
export interface DownloadBounds {
  /** Concurrent downloads of one account; each holds a file descriptor. */
  readonly perAccount: number;
  readonly inAll: number;
  /**
   * A client that reads less than this within a window, and not all that is left, is disconnected.
   * The window is long because it counts what the operating system accepts: with buffers of several
   * megabytes it accepts more only when a third of them is free, which takes a client at 20 KB/s 85
   * seconds.
   */
  readonly windowMs: number;
  readonly bytesPerWindow: number;
  /** Interval of the check that the account may still read the file. */
  readonly accessMs: number;
}

/** The bounds of the server. */
export const DOWNLOAD_BOUNDS: DownloadBounds = {
  perAccount: 16,
  inAll: 400,
  windowMs: 120_000,
  bytesPerWindow: 512 * 1024,
  accessMs: 60_000,
};

/** File content that is to be sent. */
export interface Download {
  readonly account: AccountId;
  readonly response: ServerResponse;
  /** Opens the content; null if it is missing. */
  open(): Promise<Readable | null>;
  /** Returns whether the session still exists and the account may still read the file. */
  mayContinue(): Promise<boolean>;
  /** Called if the check failed; it is repeated later. */
  onError(error: unknown): void;
}

/**
 * Limits downloads.
 *
 * 1. The number of concurrent downloads is limited, per account and in total.
 * 2. A client that stalls or reads very slowly is disconnected, however fast it has read before.
 * 3. A transfer ends when the session has ended or the account may no longer read the file.
 */
export class Downloads {
  readonly #bounds: DownloadBounds;
  readonly #byAccount = new Map<AccountId, number>();
  #all = 0;

  constructor(bounds: DownloadBounds = DOWNLOAD_BOUNDS) {
    this.#bounds = bounds;
  }

  /** The number of file contents that are being sent. */
  get size(): number {
    return this.#all;
  }

  /**
   * Opens file content and returns it for a response. It counts as a download until it is closed.
   * @throws {RefusalError} `overloaded` if too many are being sent
   */
  async open(download: Download): Promise<Readable | null> {
    const { account, response } = download;
    const { perAccount, inAll } = this.#bounds;
    const own = this.#byAccount.get(account) ?? 0;
    if (own >= perAccount || this.#all >= inAll) {
      refuse('overloaded', 'Too many files are being downloaded', { retryAfter: 2 });
    }
    this.#count(account, 1);
    let content: Readable | null = null;
    try {
      content = await download.open();
    } finally {
      if (!content) this.#count(account, -1);
    }
    if (!content) return null;
    const ends = [
      disconnectSlow(content, response, this.#bounds),
      disconnectExcluded(download, this.#bounds),
    ];
    content.once('close', () => this.#count(account, -1));
    // The file is closed before the client has read the last bytes.
    response.once('close', () => {
      for (const end of ends) end();
    });
    // The client may have disconnected while the content was opened.
    if (response.destroyed) {
      for (const end of ends) end();
      content.destroy();
    }
    return content;
  }

  #count(account: AccountId, change: 1 | -1): void {
    this.#all += change;
    const own = (this.#byAccount.get(account) ?? 0) + change;
    if (own === 0) this.#byAccount.delete(account);
    else this.#byAccount.set(account, own);
  }
}

/**
 * Disconnects a client that reads too little in a window. Bytes accepted by the operating system
 * count as read: if a client does not read, buffers fill up and no more are accepted. Returns a
 * function that ends the checks.
 */
function disconnectSlow(
  content: Readable,
  response: ServerResponse,
  { windowMs, bytesPerWindow }: DownloadBounds,
): () => void {
  let read = 0;
  let sentBefore = 0;
  content.on('data', (piece: Buffer) => {
    read += piece.length;
  });
  content.pause();
  const timer = setInterval(() => {
    const sent = read - response.writableLength;
    if (sent - sentBefore < bytesPerWindow) response.destroy();
    sentBefore = sent;
  }, windowMs);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Disconnects a client that may no longer read the file. Returns a function that ends the checks.
 */
function disconnectExcluded(
  { response, mayContinue, onError }: Download,
  { accessMs }: DownloadBounds,
): () => void {
  let isChecking = false;
  const check = async () => {
    if (isChecking) return;
    isChecking = true;
    try {
      if (!(await mayContinue())) response.destroy();
    } catch (error) {
      onError(error);
    } finally {
      isChecking = false;
    }
  };
  const timer = setInterval(() => void check(), accessMs);
  timer.unref();
  return () => clearInterval(timer);
}
