import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** The lowest limit on open files that `parley start` accepts: sockets come on top of it. */
const OPEN_FILES_MIN = 512;

/** The machine refuses what the start needs: the message says what, and what to do. */
export class StartRefused extends Error {
  override name = 'StartRefused';
}

/** Whether the error means that a disk or a quota is full. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}

/** Whether the error means that no more files can be opened. */
export function isOutOfFiles(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(codeOf(error) ?? '');
}

/**
 * Returns an error of the operating system as one whose message says what is wrong and what to do
 * about it; any other error as it is. `path` is the folder that was being used.
 */
export function explained(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (isFull(error)) {
    const what = code === 'EDQUOT' ? 'quota' : 'disk';
    return new StartRefused(
      `The ${what} of ${path} is full. Free at least 128 MB there, or set PARLEY_DATA to a folder on ` +
        'another disk. Nothing is lost: the next start continues where it was.',
      { cause: error },
    );
  }
  if (code === 'EROFS') {
    return new StartRefused(
      `${path} is on a read-only file system. Make it writable (mount -o remount,rw, or drop :ro and ` +
        'read_only where it is mounted), or set PARLEY_DATA to a folder that can be written to. If ' +
        'it was not made read-only, the disk has errors: see the log of the kernel (dmesg).',
      { cause: error },
    );
  }
  if (isOutOfFiles(error)) return tooFewFiles(error);
  return error;
}

/**
 * Makes the data folder if it is not there, for its owner only.
 *
 * @throws {StartRefused} on a full disk or a read-only file system
 */
export function makeDataFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explained(whyNoFolder(dir) ?? error, dir);
  }
}

/** Node reports a read-only file system as ENOENT here; the folder above tells. */
function whyNoFolder(dir: string): unknown {
  let above = dirname(dir);
  while (!existsSync(above)) above = dirname(above);
  try {
    accessSync(above, constants.W_OK);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The limit on open files is too low for a server. */
export function tooFewFiles(cause?: unknown): StartRefused {
  const limit = openFilesLimit();
  const now = limit === undefined ? '' : `: ${limit} are allowed`;
  return new StartRefused(
    `This process may not open enough files${now}, and Parley needs at least ${OPEN_FILES_MIN} plus one ` +
      'for each connection. Raise the limit: ulimit -n 65536 in a shell, LimitNOFILE=65536 in a ' +
      'systemd unit, --ulimit nofile=65536 with Docker.',
    { cause },
  );
}

/** Refuses to start with fewer open files than a server needs. */
export function requireOpenFiles(): void {
  const limit = openFilesLimit();
  if (limit !== undefined && limit < OPEN_FILES_MIN) throw tooFewFiles();
}

/** Whether a file can be opened right now: some calls hide that as “not found”. */
export function canOpenFiles(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch (error) {
    return !isOutOfFiles(error);
  }
}

/** The limit on open files of this process; undefined when it has none or cannot be read. */
function openFilesLimit(): number | undefined {
  if (process.platform === 'linux') {
    try {
      const [, soft] =
        /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
      return soft === undefined ? undefined : Number(soft);
    } catch {
      return undefined;
    }
  }
  if (process.report === undefined) return undefined;
  // Without it, names of peers are looked up.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as unknown as {
    userLimits?: { open_files?: { soft?: unknown } };
  };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/** Returns the code of an error, or the one in the output of the program that failed. */
function codeOf(error: unknown): string | undefined {
  const { code, message, stderr } = (error ?? {}) as Record<string, unknown>;
  if (typeof code === 'string') return code;
  const printed = `${String(message)} ${String(stderr)}`;
  return PRINTED.find(([description]) => printed.includes(description))?.[1];
}

const PRINTED: readonly (readonly [description: string, code: string])[] = [
  ['No space left on device', 'ENOSPC'],
  ['Disk quota exceeded', 'EDQUOT'],
  ['Read-only file system', 'EROFS'],
  ['Too many open files', 'EMFILE'],
];
