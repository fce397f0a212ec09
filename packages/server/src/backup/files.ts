import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { MOVED, RESTORING } from '../storage/marks.ts';

/**
 * The files of the data folder that must be kept. As with tables, everything is kept but for a
 * short list, so that what a later version puts there is in every backup by itself.
 */

/** Left out, at the top of the data folder: what is kept as rows, or made anew by itself. */
const DERIVED = [
  /^postgres$/,
  /^postgres\.log(\.\d+)?$/,
  /^postgres\.new-\d+$/,
  /^postgres-programs-.*$/,
  /^lock$/,
  /^reserve(\.new)?$/,
  // Backups may lie here, and only here: else each would have all earlier ones in it.
  /^backups$/,
  /^secret\.\d+$/,
  // The file system’s own, at the top of a volume.
  /^lost\+found$/,
];

/** Whether something at the top of the data folder is none of what must be kept. */
export function isDerived(name: string): boolean {
  return name === RESTORING || name === MOVED || DERIVED.some((pattern) => pattern.test(name));
}

/** Whether a file at this path would be among those to keep. */
export function isKept(dataDir: string, file: string): boolean {
  const [top = '', ...below] = relative(dataDir, file).split(sep);
  return top !== '' && top !== '..' && !(below.length > 0 && isDerived(top));
}

/** The paths of all files to keep, relative to the data folder, with `/`, sorted. */
export async function listFiles(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (below: string) => {
    const entries = await readdir(join(dataDir, below), { withFileTypes: true }).catch(absent);
    for (const entry of entries ?? []) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (below === '' && isDerived(entry.name)) continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  await walk('');
  return found.sort();
}

/** What a file amounts to. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** What a file with this content amounts to. */
export function digestOfBytes(content: Buffer): FileDigest {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** A file that is being read: its length, and its content, as long as it was when it was opened. */
export interface OpenFile {
  readonly size: number;
  /** Reads it and closes it; returns what it amounts to. */
  read(): AsyncGenerator<Buffer, FileDigest>;
}

/** Opens a file of the data folder; undefined when it has been removed meanwhile. */
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
