import { existsSync, realpathSync, rmSync, statfsSync, statSync } from 'node:fs';
import { open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Refusal, refusal } from '@parley/protocol';
import type { Logger } from '../runtime/log.ts';
import { isFull } from './start-errors.ts';

/**
 * Keeps free space on the disk of the embedded database.
 *
 * PostgreSQL cannot continue without its next WAL segment: if there is no space for it, every session
 * ends, and the recovery needs the same space. So writes are rejected while that space is still free,
 * and a file of a fixed size (the ballast) is kept on the same file system and deleted when something
 * else has used up the space.
 */

const MIB = 1024 * 1024;

/** Bytes of a WAL segment. */
const SEGMENT = 16 * MIB;
/** With less free space than this, writes are rejected: three WAL segments and a checkpoint. */
const REJECT_BELOW = 4 * SEGMENT;
/** Writes are accepted again above this. The difference prevents flapping. */
const ACCEPT_ABOVE = 5 * SEGMENT;
/** With less free space than this, the ballast is deleted. */
const RELEASE_BELOW = 2 * SEGMENT;
/** Bytes of the ballast. Deleting it never brings the free space above {@link ACCEPT_ABOVE}. */
const BALLAST = ACCEPT_ABOVE - RELEASE_BELOW;
/** How often the free space is measured, ms. */
const MEASURE_MS = 250;
/** While writes are rejected, the function that frees space is called this often, ms. */
const RECLAIM_MS = 60_000;

/** Name of the ballast file in the data folder. */
const BALLAST_FILE = 'reserve';

/** The figures of a disk reserve, for metrics. */
export interface DiskFigures {
  /** Free bytes of the file system of the database; the lower one if its WAL has its own. */
  readonly freeBytes: number;
  /** Whether writes are rejected. */
  readonly full: boolean;
}

/**
 * Watches the free space under an embedded database.
 *
 * 1. {@link rejection} is non-null from the first measurement below the reserve until there is enough
 *    space again; no restart is needed.
 * 2. When the reserve itself runs low, the ballast is deleted, so that PostgreSQL can finish a
 *    checkpoint. It is rewritten once there is space for it.
 */
export class DiskReserve {
  readonly #dataDir: string;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #figures: DiskFigures = { freeBytes: Number.POSITIVE_INFINITY, full: false };
  #measuring: Promise<void> | null = null;
  #failed = false;
  #reclaim: (() => Promise<unknown>) | null = null;
  #reclaimedAt = Number.NEGATIVE_INFINITY;

  private constructor(dataDir: string, log: Logger) {
    this.#dataDir = dataDir;
    this.#log = log;
    this.#timer = setInterval(() => void this.#measureAlone(), MEASURE_MS);
    this.#timer.unref();
  }

  /** Starts watching the database in a data folder; the free space is known when it returns. */
  static async open(dataDir: string, log: Logger): Promise<DiskReserve> {
    const reserve = new DiskReserve(dataDir, log);
    await reserve.#measureAlone();
    return reserve;
  }

  /** Sets a function that frees space (a checkpoint); it is called while the disk is full. */
  onFull(reclaim: () => Promise<unknown>): void {
    this.#reclaim = reclaim;
  }

  /** Returns why writes are rejected now; null if they are not. */
  rejection(): Refusal | null {
    return this.#figures.full ? refusal('disk_full', undefined, { retryAfter: 2 }) : null;
  }

  get figures(): DiskFigures {
    return this.#figures;
  }

  /** Stops watching; the ballast is kept for the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#measuring;
  }

  /** Measures, unless a measurement is in progress: two would write the same ballast. */
  #measureAlone(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = null;
    });
    return this.#measuring;
  }

  async #measure(): Promise<void> {
    try {
      await this.#act(await freeBytes(this.#dataDir));
      this.#failed = false;
    } catch (error) {
      // Logged once, because the measurement repeats.
      if (!this.#failed) this.#log.error({ err: error }, 'free disk space not measured');
      this.#failed = true;
    }
  }

  async #act(free: number): Promise<void> {
    const full = this.#figures.full ? free < ACCEPT_ABOVE : free < REJECT_BELOW;
    if (full !== this.#figures.full) this.#logChange(full, free);
    this.#figures = { freeBytes: free, full };
    const ballast = ballastPath(this.#dataDir);
    if (free < RELEASE_BELOW) releaseBallast(this.#dataDir, this.#log);
    else if (free > ACCEPT_ABOVE + BALLAST && !existsSync(ballast)) await makeBallast(ballast);
    if (full) this.#reclaimSpace(free);
  }

  #logChange(full: boolean, freeBytes: number): void {
    if (full) {
      const fields = { freeBytes, neededBytes: ACCEPT_ABOVE };
      this.#log.error(fields, 'disk almost full: writes are rejected');
    } else this.#log.info({ freeBytes }, 'disk space available again: writes are accepted');
  }

  /** A checkpoint lets PostgreSQL reuse old WAL segments in place of new ones. */
  #reclaimSpace(free: number): void {
    const now = performance.now();
    // The checkpoint itself needs space for its WAL.
    if (!this.#reclaim || free < SEGMENT || now - this.#reclaimedAt < RECLAIM_MS) return;
    this.#reclaimedAt = now;
    this.#reclaim().catch((error: unknown) => {
      this.#log.warn({ err: error }, 'checkpoint on a full disk failed');
    });
  }
}

/**
 * Deletes the ballast if PostgreSQL would not have enough space to start and recover. Called before it
 * is started; the caller holds the lock of the data folder.
 */
export function makeSpaceToStart(dataDir: string, log: Logger): void {
  const free = Math.min(...foldersOf(dataDir).map((dir) => bytesOf(statfsSync(dir))));
  if (free < RELEASE_BELOW) releaseBallast(dataDir, log);
}

/** Deletes the ballast if it exists. */
export function releaseBallast(dataDir: string, log: Logger): void {
  const path = ballastPath(dataDir);
  if (!existsSync(path)) return;
  rmSync(path, { force: true });
  log.warn({ path, bytes: BALLAST }, 'disk reserve released for the database');
}

/** Folders whose file systems the database writes to. */
function foldersOf(dataDir: string): string[] {
  return [join(dataDir, 'postgres'), join(dataDir, 'postgres', 'pg_wal'), dataDir].filter((dir) =>
    existsSync(dir),
  );
}

/** Returns the path of the ballast, on the file system of the WAL, which may differ from the data's. */
function ballastPath(dataDir: string): string {
  const wal = join(dataDir, 'postgres', 'pg_wal');
  if (!existsSync(wal) || statSync(wal).dev === statSync(dataDir).dev) {
    return join(dataDir, BALLAST_FILE);
  }
  return join(realpathSync(wal), `parley-${BALLAST_FILE}`);
}

async function freeBytes(dataDir: string): Promise<number> {
  const all = await Promise.all(foldersOf(dataDir).map((dir) => statfs(dir)));
  return Math.min(...all.map(bytesOf));
}

function bytesOf({ bavail, bsize }: { bavail: number; bsize: number }): number {
  return bavail * bsize;
}

/** Writes the ballast with data: a sparse file would not occupy space. */
async function makeBallast(path: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    const block = Buffer.alloc(MIB, 'parley reserve: deleted when the disk is full\n');
    for (let written = 0; written < BALLAST; written += block.length) await file.write(block);
  } catch (error) {
    await rm(draft, { force: true });
    // Something else used the space first; retried when there is enough.
    if (isFull(error)) return;
    throw error;
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
