import { randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { processIdentity, waitUntil } from './processes.ts';
import { explained, isFull } from './start-errors.ts';

/** The data folder is in use by another server (or by this one already). */
export class DataFolderInUse extends Error {
  override name = 'DataFolderInUse';
  readonly pid: number;
  constructor(dataDir: string, pid: number, startedAt: string) {
    super(`${dataDir} is in use by the Parley server with pid ${pid}, started ${startedAt}`);
    this.pid = pid;
  }
}

/** A held lock on a data folder, until it is released or the process ends. */
export type FolderLock = { release(): void };

const holderSchema = z.object({
  pid: z.number().int().positive(),
  identity: z.string(),
  startedAt: z.string(),
  /** The pid namespace in which `pid` is valid; absent in files of earlier versions. */
  space: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

/**
 * Locks the data folder for this process.
 *
 * 1. At most one process holds the lock, even if several start at once.
 * 2. The lock of a process that has ended, by whatever signal, is void: its pid and start time are
 *    compared. The pid of a process in another container or on another machine is meaningless here;
 *    its lock is void once its file has not been touched for {@link silenceMs}.
 * 3. A caller that is refused learns which process holds the lock: {@link DataFolderInUse}.
 *
 * `<data>/lock/` contains numbered files; the one with the highest number names the holder. A file is
 * created complete, with link(2), which fails if the number exists: of several processes that
 * succeed a dead holder, exactly one gets the next number. The highest file is never removed, only
 * emptied, so numbers are never reused: a process whose listing is out of date finds a higher number
 * than its own and tries again.
 */
export async function lockFolder(dataDir: string, silence = silenceMs): Promise<FolderLock> {
  const dir = join(dataDir, 'lock');
  refuseForeign(dataDir, dataDir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  refuseForeign(dir, dataDir);
  const identity = await processIdentity(process.pid);
  if (identity === undefined) throw new Error('this process cannot read its own start time');
  const startedAt = new Date().toISOString();
  const mine: Holder = { pid: process.pid, identity, startedAt, space: pidSpace() };

  for (;;) {
    const highest = Math.max(0, ...numbers(dir));
    const holder = highest === 0 ? undefined : readHolder(dir, highest);
    if (holder !== undefined && (await isAlive(holder, join(dir, String(highest)), silence))) {
      throw new DataFolderInUse(dataDir, holder.pid, holder.startedAt);
    }
    const number = highest + 1;
    if (!place(dir, number, mine)) continue;
    if (Math.max(...numbers(dir)) !== number) {
      rmSync(join(dir, String(number)), { force: true });
      continue;
    }
    for (const old of numbers(dir)) {
      if (old < number) rmSync(join(dir, String(old)), { force: true });
    }
    const beat = setInterval(() => touch(join(dir, String(number))), beatMs);
    beat.unref();
    return {
      release: () => {
        clearInterval(beat);
        release(dir, number);
      },
    };
  }
}

/** The interval at which a holder touches its file. */
const beatMs = 1_000;
/** A holder whose file has not been touched for this long is considered dead. */
const silenceMs = 10_000;

/** Returns an id of the pid namespace: the host name and, on Linux, the namespace of this container. */
function pidSpace(): string {
  if (process.platform !== 'linux') return hostname();
  return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
}

async function isAlive(holder: Holder, file: string, silence: number): Promise<boolean> {
  if (holder.space === undefined || holder.space === pidSpace()) {
    return (await processIdentity(holder.pid)) === holder.identity;
  }
  // Compared with its earlier value: the clock of another machine may differ.
  const before = touchedAt(file);
  const touched = () => touchedAt(file) !== before;
  return (await waitUntil(touched, silence, 100)) && touchedAt(file) !== undefined;
}

function touchedAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // The folder may be briefly unavailable (a network file system); the next beat retries.
  }
}

function refuseForeign(dir: string, dataDir: string): void {
  try {
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw explained(error, dataDir);
    const [owner, me] = [statSync(dir).uid, process.getuid?.()];
    throw new Error(
      `${dir} belongs to user ${owner}; Parley is running as user ${me}, which cannot write to it. ` +
        `Start Parley as user ${owner}, or change the owner of the data folder to user ${me}: ` +
        `chown -R ${me} ${dataDir}`,
      { cause: error },
    );
  }
}

function numbers(dir: string): number[] {
  return readdirSync(dir)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readHolder(dir: string, number: number): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(join(dir, String(number)), 'utf8');
  } catch (error) {
    // Removed by a process that has a higher number; the next iteration finds it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (text === '') return undefined;
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    // Damaged by a power failure before it was flushed: its writer is no longer running.
    return undefined;
  }
}

function place(dir: string, number: number, holder: Holder): boolean {
  const draft = join(dir, `draft-${randomUUID()}`);
  try {
    // Readable by everyone who can enter the folder: a start by root must not lock out its owner.
    writeFileSync(draft, JSON.stringify(holder), { mode: 0o644 });
    linkSync(draft, join(dir, String(number)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function release(dir: string, number: number): void {
  const draft = join(dir, `draft-${randomUUID()}`);
  const file = join(dir, String(number));
  try {
    writeFileSync(draft, '', { mode: 0o644 });
    renameSync(draft, file);
  } catch (error) {
    if (!isFull(error)) throw error;
    // No space for another file, but truncating this one needs none.
    truncateSync(file);
  }
}
