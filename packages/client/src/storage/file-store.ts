import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountId, ClientId, Seq, StreamId } from '@parley/protocol';
import { TaskQueue } from '../lib/task-queue.ts';
import { acquireLock } from './file-lock.ts';
import { type Changes, NOTHING_SAVED, type OutboxEntry, type Saved, type Store } from './store.ts';

/** One line of the journal: a record of something stored. */
type JournalRecord =
  | { readonly put: OutboxEntry }
  | { readonly removed: ClientId }
  | { readonly epoch?: string; readonly cursors: readonly (readonly [StreamId, Seq | null])[] };

/** Records to be written, and the promise of those who wait for them. */
interface Batch {
  readonly lines: string[];
  /** Whether it must survive a power failure before it counts as stored. */
  isDurable: boolean;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The journal is rewritten when it is longer than this and than four times its contents, bytes. */
const COMPACT_BYTES = 1024 * 1024;

/**
 * Keeps a program’s cursors and outbox in a folder: unanswered commands are sent again after a
 * crash, and events resume after the last one that was applied. Messages are not kept.
 *
 * 1. Writes append to a journal; each line has a checksum. An incomplete end after a crash is cut off
 *    when the store is opened; everything before it is valid.
 * 2. `putOutbox` resolves after `fsync`. Concurrent puts share one.
 * 3. Records are in the order of the calls: a cursor is never ahead of the outbox.
 * 4. Rewriting the journal (to a new file, `fsync`, rename, `fsync` of the folder) bounds its size
 *    to four times its contents, or 1 MiB.
 * 5. One process at a time: another process cannot open the store while the first one lives.
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
  /** Null: another process may have the folder. */
  #unlock: (() => Promise<void>) | null = null;
  /** Opening, clearing and closing: a late close must not close what was opened after it. */
  readonly #queue = new TaskQueue();

  /** `folder` is created if it does not exist; each account has its own folder in it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws {Error} when another process has the store open, or the folder is not writable */
  open(account: AccountId): Promise<Saved> {
    return this.#queue.run(async () => {
      await this.#close();
      const path = join(this.#folder, account);
      await mkdir(path, { recursive: true, mode: 0o700 });
      await this.#lock(path);
      this.#path = path;
      try {
        await this.#load();
      } catch (error) {
        await this.#close();
        throw error;
      }
      return {
        ...NOTHING_SAVED,
        epoch: this.#epoch,
        cursors: new Map(this.#cursors),
        outbox: this.#entries(),
      };
    });
  }

  apply(changes: Changes): Promise<void> {
    const { epoch } = changes;
    const cursors = [...changes.cursors];
    if (epoch === undefined && cursors.length === 0) return Promise.resolve();
    return this.#append({ ...(epoch !== undefined && { epoch }), cursors }, { isDurable: false });
  }

  putOutbox(entry: OutboxEntry): Promise<void> {
    return this.#append({ put: entry }, { isDurable: true });
  }

  removeOutbox(id: ClientId): Promise<void> {
    if (!this.#outbox.has(id)) return Promise.resolve();
    return this.#append({ removed: id }, { isDurable: false });
  }

  outbox(): Promise<OutboxEntry[]> {
    return Promise.resolve(this.#entries());
  }

  clear(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#closeFile();
      this.#outbox.clear();
      this.#cursors.clear();
      this.#epoch = null;
      if (this.#path === '') return;
      try {
        // After a close another process may have opened the folder: then its contents are not ours.
        if (this.#unlock === null) await this.#lock(this.#path);
      } catch {
        return;
      }
      await rm(this.#path, { recursive: true, force: true });
      await this.#close();
    });
  }

  close(): Promise<void> {
    return this.#queue.run(() => this.#close());
  }

  async #lock(path: string): Promise<void> {
    this.#unlock = await acquireLock(join(path, 'lock'));
  }

  async #close(): Promise<void> {
    try {
      await this.#closeFile();
    } finally {
      const unlock = this.#unlock;
      this.#unlock = null;
      await unlock?.();
    }
  }

  /** Closes the journal after pending writes; nothing can be added to it from then on. */
  async #closeFile(): Promise<void> {
    await this.#idle();
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  // ---- writing ----------------------------------------------------------------------------------

  #append(record: JournalRecord, { isDurable }: { readonly isDurable: boolean }): Promise<void> {
    if (!this.#file) return Promise.reject(new Error('The store is not open'));
    this.#remember(record);
    this.#batch ??= newBatch();
    const batch = this.#batch;
    batch.lines.push(lineOf(record));
    batch.isDurable ||= isDurable;
    this.#writing ??= this.#write();
    return batch.done;
  }

  /** Writes batches until there is none; records that arrive meanwhile share the next one. */
  async #write(): Promise<void> {
    // After this turn, so that everything stored in it shares a write.
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
    // In the same turn: a record added after the last check of the batch must start a new write.
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
      // Part of a line would hide all that follow it. If truncating fails too, reading stops there.
      await file.truncate(this.#bytes).catch(() => undefined);
      throw error;
    }
    this.#bytes += data.length;
    if (this.#bytes > this.#compactAt) await this.#compact();
  }

  /** Writes everything to a new journal, which atomically replaces the old one. */
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
    // A rewrite that a crash interrupted did not replace the journal.
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

/** Returns a record with a checksum that detects incomplete lines. */
function lineOf(record: JournalRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

/** Reads the records up to the first damaged one. Returns the offset where that begins. */
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

/** FNV-1a, 32 bits, as eight hexadecimal digits: detects damage, not attacks. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Makes a new name in a folder durable. */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders, and does not need to sync them.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
