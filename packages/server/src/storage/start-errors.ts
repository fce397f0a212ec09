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

/** The lowest limit on open files that `parley start` accepts; every socket needs one more. */
const OPEN_FILES_MIN = 512;

/** The system denies something that the start needs; the message says what, and how to fix it. */
export class StartRefused extends Error {
  override name = 'StartRefused';
}

/** Returns whether the error means that a disk or a quota is full. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}

/** Returns whether the error means that no more files can be opened. */
export function isOutOfFiles(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(codeOf(error) ?? '');
}

/**
 * Converts an error of the operating system to one whose message says what is wrong and how to fix
 * it; returns any other error unchanged. `path` is the folder that was in use.
 */
export function explained(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (isFull(error)) {
    const what = code === 'EDQUOT' ? 'quota' : 'disk';
    return new StartRefused(
      `The ${what} of ${path} is full. Free at least 128 MB there, or set PARLEY_DATA to a folder on ` +
        'another disk. No data is lost: the next start continues from here.',
      { cause: error },
    );
  }
  if (code === 'EROFS') {
    return new StartRefused(
      `${path} is on a read-only file system. Make it writable (mount -o remount,rw, or remove :ro and ` +
        'read_only where it is mounted), or set PARLEY_DATA to a writable folder. If it was not ' +
        'mounted read-only on purpose, the disk has errors: see the kernel log (dmesg).',
      { cause: error },
    );
  }
  if (isOutOfFiles(error)) return tooFewFiles(error);
  return error;
}

/**
 * Creates the data folder if it does not exist, accessible to its owner only.
 *
 * @throws {StartRefused} on a full disk or a read-only file system, or if it or a folder above is a file
 */
export function makeDataFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (['EEXIST', 'ENOTDIR'].includes(codeOf(error) ?? '')) {
      throw new StartRefused(`${dir} is not a folder. Set PARLEY_DATA to a folder.`, {
        cause: error,
      });
    }
    throw explained(errorOfFolder(dir) ?? error, dir);
  }
}

/** Returns the real error: Node reports a read-only file system as ENOENT, unlike its parent folder. */
function errorOfFolder(dir: string): unknown {
  let above = dirname(dir);
  while (!existsSync(above)) above = dirname(above);
  try {
    accessSync(above, constants.W_OK);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Returns the error for a limit on open files that is too low for a server. */
export function tooFewFiles(cause?: unknown): StartRefused {
  const limit = openFilesLimit();
  const now = limit === undefined ? '' : `: ${limit} are allowed`;
  return new StartRefused(
    `The limit on open files is too low${now}, and Parley needs at least ${OPEN_FILES_MIN} plus one ` +
      'for each connection. Raise the limit: ulimit -n 65536 in a shell, LimitNOFILE=65536 in a ' +
      'systemd unit, --ulimit nofile=65536 with Docker.',
    { cause },
  );
}

/** @throws {StartRefused} when the limit on open files is too low for a server */
export function requireOpenFiles(): void {
  const limit = openFilesLimit();
  if (limit !== undefined && limit < OPEN_FILES_MIN) throw tooFewFiles();
}

/** Returns whether a file can be opened now: some calls report EMFILE as “not found”. */
export function canOpenFiles(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch (error) {
    return !isOutOfFiles(error);
  }
}

/** Returns the limit on open files of this process; undefined when there is none or it cannot be read. */
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
  // Otherwise the report resolves the host names of peers.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as unknown as {
    userLimits?: { open_files?: { soft?: unknown } };
  };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}

/** Returns the code of an error, or the one that the output of a failed program names. */
function codeOf(error: unknown): string | undefined {
  const { code, message, stderr } = (error ?? {}) as Record<string, unknown>;
  if (typeof code === 'string') return code;
  const printed = `${String(message)} ${String(stderr)}`;
  return PRINTED.find(([description]) => printed.includes(description))?.[1];
}

const PRINTED: readonly (readonly [description: string, code: string])[] = [
  ['No space left on device', 'ENOSPC'],
  // PostgreSQL after a write that was only partly possible.
  ['Check free disk space', 'ENOSPC'],
  ['Disk quota exceeded', 'EDQUOT'],
  ['Read-only file system', 'EROFS'],
  ['Too many open files', 'EMFILE'],
];
