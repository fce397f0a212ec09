import { createReadStream, createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { type Entry, extract, type Pack, pack } from 'tar-stream';
import { BadBackup } from './manifest.ts';

/**
 * A backup is a `.tar.gz` that every system can list and unpack. A tar entry begins with its
 * length, and the length of a COPY is known only at its end: rows are therefore written in pieces.
 */

/** Bytes of rows per entry, held in memory at a time. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Fast; the rows shrink to about a quarter either way. */
const GZIP_LEVEL = 4;

/** Writes an archive into a file. */
export class ArchiveWriter {
  readonly #pack: Pack = pack();
  readonly #written: Promise<void>;
  #failure: unknown;
  #mtime: Date;

  /** Opens the file, which must not exist, readable by its owner only: a backup holds every secret. */
  constructor(path: string, mtime: Date) {
    this.#mtime = mtime;
    this.#written = pipeline(
      this.#pack,
      createGzip({ level: GZIP_LEVEL }),
      createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }),
    );
    // Every write and finish() check it; until then the rejection would be unhandled.
    this.#written.catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Adds an entry that is in memory. */
  async add(name: string, content: string | Buffer): Promise<void> {
    const bytes = Buffer.from(content);
    await this.stream(name, bytes.length, Readable.from([bytes]));
  }

  /** Adds an entry of a known length. */
  async stream(name: string, size: number, content: AsyncIterable<Buffer>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const entry = this.#pack.entry({ name, size, mode: 0o600, mtime: this.#mtime });
    // A full disk fails the file but not this entry, so wait for whichever ends first.
    try {
      await Promise.race([pipeline(content, entry), this.#written]);
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  /**
   * Adds rows as `<prefix>000001<suffix>`, `…2…`; each piece has about {@link PIECE_BYTES}. Returns
   * what the rows return.
   */
  async pieces<T>(
    prefix: string,
    suffix: string,
    rows: AsyncGenerator<Buffer, T>,
    onBytes: (bytes: number) => void,
  ): Promise<T> {
    let chunks: Buffer[] = [];
    let bytes = 0;
    let number = 0;
    const flush = async () => {
      if (bytes === 0) return;
      number += 1;
      await this.add(`${prefix}${String(number).padStart(6, '0')}${suffix}`, Buffer.concat(chunks));
      onBytes(bytes);
      chunks = [];
      bytes = 0;
    };
    for (;;) {
      const step = await rows.next();
      if (step.done) {
        await flush();
        return step.value;
      }
      chunks.push(step.value);
      bytes += step.value.length;
      if (bytes >= PIECE_BYTES) await flush();
    }
  }

  /** Finishes the archive and waits until it is on disk. */
  async finish(): Promise<void> {
    this.#pack.finalize();
    await this.#written;
  }

  /** Stops writing and leaves the file as it is. */
  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
  }
}

/** An entry of an archive; its content must be read completely before the next entry. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  readonly content: AsyncIterable<Buffer>;
}

/**
 * Reads an archive, entry by entry.
 *
 * @throws {BadBackup} if it is not a `.tar.gz`, or is truncated
 */
export async function* readArchive(path: string): AsyncGenerator<ArchiveEntry, void> {
  const entries = extract();
  const failed: { error?: unknown } = {};
  const reading = pipeline(createReadStream(path), createGunzip(), entries).catch(
    (error: unknown) => {
      failed.error ??= error;
    },
  );
  try {
    for await (const entry of entries) {
      yield {
        name: entry.header.name,
        size: entry.header.size ?? 0,
        content: contentOf(entry, path, failed),
      };
    }
    await reading;
  } catch (error) {
    failed.error ??= error;
  } finally {
    entries.destroy();
  }
  if (failed.error !== undefined) throw errorMessage(path, failed.error);
}

async function* contentOf(
  entry: Entry,
  path: string,
  failed: { error?: unknown },
): AsyncGenerator<Buffer, void> {
  try {
    for await (const piece of entry) yield piece as Buffer;
  } catch (error) {
    throw errorMessage(path, failed.error ?? error);
  }
}

/** Turns the error of a library about a damaged file into a message for the user. */
function errorMessage(path: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  const broken =
    (typeof code === 'string' && code.startsWith('Z_')) ||
    /tar|Unexpected end|premature/i.test((error as Error).message);
  if (!broken) return error;
  return new BadBackup(
    `${basename(path)} is not a complete backup of Parley: ${(error as Error).message}`,
    { cause: error },
  );
}
