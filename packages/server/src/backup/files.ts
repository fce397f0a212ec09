import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { FILES_FOLDER } from '../storage/file-folders.ts';
import { MOVED, RESTORING } from '../storage/marks.ts';

/**
 * The files of the data folder that a backup contains. As with tables, everything is included except a
 * short list, so that files of later versions are included automatically.
 */

/** Excluded, at the top of the data folder: stored as rows, or recreated when needed. */
const DERIVED = [
  /^postgres$/,
  /^postgres\.log(\.\d+)?$/,
  /^postgres\.new-\d+$/,
  /^postgres-programs-.*$/,
  /^lock$/,
  /^reserve(\.new)?$/,
  // Backups may be stored here and nowhere else in the folder: each would contain all earlier ones.
  /^backups$/,
  /^secret\.\d+$/,
  // Created by the file system at the top of a volume.
  /^lost\+found$/,
];

/** Returns whether an entry at the top of the data folder is excluded from backups. */
export function isDerived(name: string): boolean {
  return name === RESTORING || name === MOVED || DERIVED.some((pattern) => pattern.test(name));
}

/** Returns whether a backup of the data folder would contain a file at this path. */
export function isKept(dataDir: string, file: string): boolean {
  const [top = '', ...below] = relative(dataDir, file).split(sep);
  return top !== '' && top !== '..' && !(below.length > 0 && isDerived(top));
}

/** Returns the sorted paths of all files to back up, relative to the data folder, with `/`. */
export async function listFiles(dataDir: string): Promise<string[]> {
  const paths: string[] = [];
  /** Also behind a link: the folder of file contents may be on storage that several nodes share. */
  const isFolder = async (path: string) => (await stat(join(dataDir, path))).isDirectory();
  const walk = async (below: string) => {
    const entries = await readdir(join(dataDir, below), { withFileTypes: true }).catch(absent);
    for (const entry of entries ?? []) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (below === '' && isDerived(entry.name)) continue;
      if (entry.isDirectory() || (path === FILES_FOLDER && (await isFolder(path))))
        await walk(path);
      else if (entry.isFile()) paths.push(path);
    }
  };
  await walk('');
  return paths.sort();
}

/** The length and digest of a file. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Returns the length and digest of file content. */
export function digestOfBytes(content: Buffer): FileDigest {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** A file that is being read, up to the length that it had when it was opened. */
export interface OpenFile {
  readonly size: number;
  /** Reads the file and closes it; returns its length and digest. */
  read(): AsyncGenerator<Buffer, FileDigest>;
}

/** Opens a file of the data folder; undefined when it has been removed in the meantime. */
export async function openFile(dataDir: string, path: string): Promise<OpenFile | undefined> {
  const file = await open(join(dataDir, path)).catch(absent);
  if (file === undefined) return undefined;
  const { size } = await file.stat();
  return {
    size,
    async *read() {
      const hash = createHash('sha256');
      let bytes = 0;
      try {
        while (bytes < size) {
          const { bytesRead, buffer } = await file.read({
            buffer: Buffer.allocUnsafe(Math.min(64 * 1024, size - bytes)),
          });
          if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
          const piece = buffer.subarray(0, bytesRead);
          hash.update(piece);
          bytes += bytesRead;
          yield piece;
        }
      } finally {
        await file.close();
      }
      return { bytes, sha256: hash.digest('hex') };
    },
  };
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
