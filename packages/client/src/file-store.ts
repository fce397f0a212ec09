import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountId, ClientId, Seq, StreamId } from '@parley/protocol';
import { acquireLock } from './file-lock.ts';
import { type Changes, NOTHING_SAVED, type OutboxEntry, type Saved, type Store } from './store.ts';

/** One line of the journal: something that was stored. */
type JournalRecord =
  | { readonly put: OutboxEntry }
  | { readonly removed: ClientId }
  | { readonly epoch?: string; readonly cursors: readonly (readonly [StreamId, Seq | null])[] };

/** Records that wait to be written, and who waits for them. */
interface Batch {
  readonly lines: string[];
  /** Whether it must survive a power failure before anybody is told that it is stored. */
  isDurable: boolean;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The journal is rewritten when it is longer than this and than four times what it holds, bytes. */
const COMPACT_BYTES = 1024 * 1024;

/**
 * Keeps a program’s cursors and outbox in a folder: what was not answered is sent again after a
 * crash, and events are resumed after the last one that was applied. Messages are not kept.
 *
 * 1. A journal is appended to; each line has a checksum. What was torn by a crash is cut off when the
 *    store is opened, and everything before it holds.
 * 2. `putOutbox` resolves after `fsync`. Puts that come together share one.
 * 3. Records are in the order of the calls: a cursor never says more than the outbox knows.
 * 4. Rewriting the journal (into a new file, `fsync`, rename, `fsync` of the folder) bounds its size
 *    by four times what is kept, or 1 MiB.
 * 5. One process at a time: another one cannot open it while the first one lives.
 */
export class FileStore implements Store {
  readonly #folder: string;
  readonly #outbox = new Map<ClientId, OutboxEntry>();
  readonly #cursors = new Map<StreamId, Seq>();
  #epoch: string | null = null;
  #path = '';
  #file: FileHandle | null = null;
  #bytes = 0;
  #compactAt = COMPACT_BYTES;
  #batch: Batch | null = null;
  #writing: Promise<void> | null = null;
  #unlock: () => Promise<void> = () => Promise.resolve();

  /** `folder` is made when it is not there; each account has a folder of its own in it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws {Error} when another process has the store open, or the folder cannot be written to */
  async open(account: AccountId): Promise<Saved> {
    this.#path = join(this.#folder, account);
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    this.#unlock = await acquireLock(join(this.#path, 'lock'));
    try {
      await this.#load();
    } catch (error) {
      await this.#unlock();
      throw error;
    }
    return {
      ...NOTHING_SAVED,
      epoch: this.#epoch,
      cursors: new Map(this.#cursors),
      outbox: this.#entries(),
    };
  }

  apply(changes: Changes): Promise<void> {
    const { epoch } = changes;
    const cursors = [...changes.cursors];
    if (epoch === undefined && cursors.length === 0) return Promise.resolve();
    return this.#append({ ...(epoch !== undefined && { epoch }), cursors }, false);
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.#append({ put: entry }, true);
  }

  removeOutbox(id: ClientId): Promise<void> {
    if (!this.#outbox.has(id)) return Promise.resolve();
    return this.#append({ removed: id }, false);
  }

  outbox(): Promise<OutboxEntry[]> {
    return Promise.resolve(this.#entries());
  }

  async clear(): Promise<void> {
    await this.#idle();
    await this.#file?.close();
    this.#file = null;
    this.#outbox.clear();
    this.#cursors.clear();
    this.#epoch = null;
    if (this.#path) await rm(this.#path, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.#idle();
    await this.#file?.close();
    this.#file = null;
    await this.#unlock();
    this.#unlock = () => Promise.resolve();
  }

  // ---- writing ----------------------------------------------------------------------------------

  #append(record: JournalRecord, isDurable: boolean): Promise<void> {
    if (!this.#file) return Promise.reject(new Error('The store is not open'));
    this.#remember(record);
    this.#batch ??= newBatch();
    const batch = this.#batch;
    batch.lines.push(lineOf(record));
    batch.isDurable ||= isDurable;
    this.#writing ??= this.#write();
    return batch.done;
  }

  /** Writes batches until there is none; what comes meanwhile shares the next one. */
  async #write(): Promise<void> {
    // After this turn, so that what was stored in it shares a write.
    await Promise.resolve();
    while (this.#batch) {
      const batch = this.#batch;
      this.#batch = null;
      try {
        await this.#writeBatch(batch);
        batch.resolve();
      } catch (error) {
        batch.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    // In the same turn: whoever comes after the last look at the batch has to begin anew.
    this.#writing = null;
  }

  async #writeBatch({ lines, isDurable }: Batch): Promise<void> {
    const file = this.#file;
    if (!file) throw new Error('The store is not open');
    const data = Buffer.from(lines.join(''));
    try {
      await file.appendFile(data);
      if (isDurable) await file.datasync();
    } catch (error) {
      // Half a line would hide all that follow it. Where that fails too, reading stops at it.
      await file.truncate(this.#bytes).catch(() => undefined);
      throw error;
    }
    this.#bytes += data.length;
    if (this.#bytes > this.#compactAt) await this.#compact();
  }

  /** Writes all that is kept into a new journal, which takes the place of the old one at once. */
  async #compact(): Promise<void> {
    const journal = join(this.#path, 'journal');
    const next = `${journal}.new`;
    const records: JournalRecord[] = [
      { ...(this.#epoch !== null && { epoch: this.#epoch }), cursors: [...this.#cursors] },
      ...this.#entries().map((entry) => ({ put: entry })),
    ];
    const data = Buffer.from(records.map(lineOf).join(''));
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(data);
      await file.datasync();
      await rename(next, journal);
      await syncFolder(this.#path);
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file?.close();
    await file.close();
    this.#file = await open(journal, 'a', 0o600);
    this.#bytes = data.length;
    this.#compactAt = Math.max(COMPACT_BYTES, 4 * data.length);
  }

  async #idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  // ---- reading ----------------------------------------------------------------------------------

  async #load(): Promise<void> {
    const journal = join(this.#path, 'journal');
    this.#outbox.clear();
    this.#cursors.clear();
    this.#epoch = null;
    // A rewrite that a crash has interrupted has not taken its place.
    await rm(`${journal}.new`, { force: true });
    const data = await readFile(journal).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const good = readLines(data, (record) => this.#remember(record));
    this.#file = await open(journal, 'a', 0o600);
    if (good < data.length) {
      await this.#file.truncate(good);
      await this.#file.datasync();
    }
    await syncFolder(this.#path);
    this.#bytes = good;
    this.#compactAt = COMPACT_BYTES;
  }

  #remember(record: JournalRecord): void {
    if ('put' in record) this.#outbox.set(record.put.id, record.put);
    else if ('removed' in record) this.#outbox.delete(record.removed);
    else {
      if (record.epoch !== undefined && record.epoch !== this.#epoch) {
        this.#epoch = record.epoch;
        this.#cursors.clear();
      }
      for (const [stream, seq] of record.cursors) {
        if (seq === null) this.#cursors.delete(stream);
        else this.#cursors.set(stream, seq);
      }
    }
  }

  #entries(): OutboxEntry[] {
    return [...this.#outbox.values()].sort((a, b) => a.order - b.order);
  }
}

function newBatch(): Batch {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { lines: [], isDurable: false, done, resolve, reject };
}

/** A record with the checksum that tells it from a torn one. */
function lineOf(record: JournalRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

/** Reads the records up to the first one that is damaged; returns where that begins. */
function readLines(data: Buffer, take: (record: JournalRecord) => void): number {
  let start = 0;
  for (;;) {
    const end = data.indexOf(0x0a, start);
    if (end < 0) return start;
    const line = data.toString('utf8', start, end);
    const text = line.slice(9);
    if (line.length < 9 || line.slice(0, 8) !== checksum(text)) return start;
    take(JSON.parse(text) as JournalRecord);
    start = end + 1;
  }
}

/** FNV-1a, 32 bits, as eight hexadecimal digits: damage is found, not an attack. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Makes a new name in a folder durable. */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders, and needs no sync of them.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
