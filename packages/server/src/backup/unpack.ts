import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { syncFolder } from '../storage/sync-folder.ts';
import { type ArchiveEntry, readArchive } from './archive.ts';
import { tablePrefix } from './backup.ts';
import type { TableDigest } from './copy.ts';
import { digestOfBytes, type FileDigest, isDerived } from './files.ts';
import type { Load } from './load.ts';
import {
  BadBackup,
  FILES,
  HEADER_ENTRY,
  type Header,
  MANIFEST_ENTRY,
  type Manifest,
  readHeader,
  readManifest,
  SECRET_ENTRY,
} from './manifest.ts';
import { inBytes, inWords, type Progress } from './progress.ts';

/** The maximum size of a header or manifest, which are read into memory; real ones are far smaller. */
const TEXT_BYTES = 64 * 1024 * 1024;

/** Reads a backup once, sequentially. */
export class Unpacking {
  readonly header: Header;
  readonly #path: string;
  readonly #entries: AsyncGenerator<ArchiveEntry, void>;
  #current: ArchiveEntry | undefined;
  readonly #tables: Record<string, TableDigest> = {};
  readonly #files: Record<string, FileDigest> = {};

  private constructor(path: string, entries: AsyncGenerator<ArchiveEntry, void>, header: Header) {
    this.#path = path;
    this.#entries = entries;
    this.header = header;
  }

  /**
   * Opens a backup and reads its header.
   *
   * @throws {BadBackup}
   */
  static async open(path: string): Promise<Unpacking> {
    const entries = readArchive(path);
    try {
      const { value: first } = await entries.next();
      if (first?.name !== HEADER_ENTRY) throw new BadBackup(`${path} is not a backup of Parley.`);
      const header = readHeader((await readAll(first)).toString());
      const unpacking = new Unpacking(path, entries, header);
      await unpacking.#next();
      return unpacking;
    } catch (error) {
      await entries.return();
      throw error;
    }
  }

  /** Stops reading. */
  async close(): Promise<void> {
    await this.#entries.return();
  }

  /** Returns the secret if it was set with PARLEY_SECRET; it then precedes the rows. */
  async secret(): Promise<string | undefined> {
    if (this.#current?.name !== SECRET_ENTRY) return undefined;
    const content = await readAll(this.#current);
    this.#files.secret = digestOfBytes(content);
    await this.#next();
    return content.toString().trim();
  }

  /** Loads the rows of all tables. */
  async tables(load: Load, progress: Progress): Promise<void> {
    let done = 0;
    for (const [index, { name, columns }] of this.header.tables.entries()) {
      const rows = this.#rowsOf(name, (bytes) => {
        done += bytes;
        progress.within(
          () =>
            `${name} (table ${index + 1} of ${this.header.tables.length}), ${inBytes(done)} so far`,
        );
      });
      const count = await load.table(name, columns, rows);
      const digest = this.#tables[name];
      if (digest) this.#tables[name] = { ...digest, rows: count };
    }
    progress.step(`${inWords(this.header.tables.length, 'table')}, ${inBytes(done)} of text`);
  }

  /** Writes the files to a folder; they are flushed to disk when this returns. */
  async files(folder: string, progress: Progress): Promise<void> {
    let entry = this.#current;
    let count = 0;
    while (entry?.name.startsWith(FILES)) {
      const path = entry.name.slice(FILES.length);
      this.#files[path] = await writeFile(folder, path, entry);
      count += 1;
      progress.within(() => `${inWords(count, 'file')} so far`);
      entry = await this.#next();
    }
    progress.step(inWords(count, 'file'));
  }

  /**
   * Reads the manifest at the end, and compares everything that was read with it.
   *
   * @throws {BadBackup} when anything differs
   */
  async manifest(): Promise<Manifest> {
    if (this.#current?.name !== MANIFEST_ENTRY) {
      throw new BadBackup(`${this.#path} is incomplete: the end of the backup is missing.`);
    }
    const manifest = readManifest((await readAll(this.#current)).toString(), this.header);
    // Read to the end of the compressed file, which contains its checksum.
    if ((await this.#next()) !== undefined) {
      throw new BadBackup(`${this.#path} is damaged: there is data after its end.`);
    }
    requireEqual('table', manifest.tables, this.#tables);
    requireEqual('file', manifest.files, this.#files);
    return manifest;
  }

  async *#rowsOf(name: string, onBytes: (bytes: number) => void): AsyncGenerator<Buffer, void> {
    const hash = createHash('sha256');
    let bytes = 0;
    while (this.#current?.name.startsWith(tablePrefix(name))) {
      for await (const piece of this.#current.content) {
        hash.update(piece);
        bytes += piece.length;
        onBytes(piece.length);
        yield piece;
      }
      await this.#next();
    }
    this.#tables[name] = { rows: 0, bytes, sha256: hash.digest('hex') };
  }

  async #next(): Promise<ArchiveEntry | undefined> {
    const step = await this.#entries.next();
    this.#current = step.done ? undefined : step.value;
    return this.#current;
  }
}

/** @throws {BadBackup} with the name of the first part that differs from the manifest */
export function requireEqual<T extends object>(
  kind: string,
  expected: Readonly<Record<string, T>>,
  found: Readonly<Record<string, T>>,
): void {
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const [one, other] = [expected[name], found[name]];
    const equal =
      one !== undefined &&
      other !== undefined &&
      (Object.keys(one) as (keyof T)[]).every((key) => one[key] === other[key]);
    if (!equal) {
      throw new BadBackup(`The backup is damaged: the ${kind} ${name} differs from the manifest.`);
    }
  }
}

/** Reads an entry into memory. */
export async function readAll(entry: ArchiveEntry): Promise<Buffer> {
  if (entry.size > TEXT_BYTES)
    throw new BadBackup(`The backup is damaged: ${entry.name} is too large.`);
  const pieces: Buffer[] = [];
  for await (const piece of entry.content) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function writeFile(folder: string, path: string, entry: ArchiveEntry): Promise<FileDigest> {
  refusePath(path);
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  let bytes = 0;
  const hashed = async function* () {
    for await (const piece of entry.content) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  };
  await pipeline(
    Readable.from(hashed(), { objectMode: false }),
    createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true }),
  );
  syncFolder(dirname(target));
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * Refuses paths outside the folder, which a manipulated backup could contain.
 *
 * @throws {BadBackup}
 */
export function refusePath(path: string): void {
  const parts = path.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..');
  if (bad || /[\\\0]/.test(path) || isDerived(parts[0] ?? '')) {
    throw new BadBackup(`The backup is damaged: it contains a file named ${JSON.stringify(path)}.`);
  }
}
