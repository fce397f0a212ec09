import { statfsSync, statSync } from 'node:fs';
import { type ArchiveEntry, readArchive } from './archive.ts';
import { tablePrefix } from './backup.ts';
import {
  BadBackup,
  FILES,
  HEADER_ENTRY,
  type Header,
  MANIFEST_ENTRY,
  readHeader,
  readManifest,
} from './manifest.ts';
import { inBytes } from './progress.ts';
import { readAll, refusePath, requireEqual } from './unpack.ts';

const MIB = 1024 * 1024;
/** A backup unpacks to about four times its size; gzip can reach a thousand. */
const RATIO_MAX = 250;
/** Below this, the ratio does not matter. */
const ALWAYS_BYTES = 64 * MIB;
/** The maximum number of entries: pieces have 4 MiB, and files are uploads and emails. */
const ENTRIES_MAX = 10_000_000;

/** The unpacked size of a backup. */
export interface UnpackedSize {
  readonly tableBytes: number;
  readonly fileBytes: number;
}

/**
 * Verifies a backup without writing anything, and returns its unpacked size.
 *
 * @throws {BadBackup} if it unpacks to far more than its own size, does not match its manifest, or
 * is incomplete
 */
export async function verifyBackup(path: string): Promise<UnpackedSize> {
  const entries = readArchive(path);
  const most = Math.max(ALWAYS_BYTES, RATIO_MAX * statSync(path).size);
  const sizes = new Map<string, number>();
  let header: Header | undefined;
  let last: { name: string; content: string } | undefined;
  let bytes = 0;
  let count = 0;
  try {
    for await (const entry of entries) {
      bytes += entry.size;
      count += 1;
      // The size precedes the content: not even one entry of such a backup is unpacked.
      if (bytes > most || count > ENTRIES_MAX) {
        throw new BadBackup(
          `The backup is damaged: it unpacks to more than ${inBytes(most)}, which is impossible for a backup of its size.`,
        );
      }
      if (entry.name === HEADER_ENTRY) header = readHeader((await readAll(entry)).toString());
      else if (entry.name === MANIFEST_ENTRY) {
        last = { name: entry.name, content: (await readAll(entry)).toString() };
      } else await skip(entry, sizes);
    }
  } finally {
    await entries.return();
  }
  if (header === undefined || last === undefined) {
    throw new BadBackup(`${path} is incomplete: the end of the backup is missing.`);
  }
  return compare(sizes, readManifest(last.content, header));
}

/**
 * Rejects a backup that does not fit on the disk.
 *
 * @throws with a message that says how much space is missing
 */
export function requireSpace(
  dataDir: string,
  { tableBytes, fileBytes }: UnpackedSize,
  isEmbedded: boolean,
): void {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  // Rows take more space in the database than as text, so less than this is too little.
  const needed = fileBytes + (isEmbedded ? tableBytes + 128 * MIB : 0);
  if (needed > free) {
    throw new Error(
      `Not enough disk space: the backup needs at least ${inBytes(needed)}, and ${dataDir} has ${inBytes(free)} free. Nothing was changed.`,
    );
  }
}

async function skip(entry: ArchiveEntry, sizes: Map<string, number>): Promise<void> {
  if (entry.name.startsWith(FILES)) refusePath(entry.name.slice(FILES.length));
  for await (const piece of entry.content) {
    const key = entry.name.startsWith(FILES)
      ? entry.name
      : entry.name.slice(0, entry.name.lastIndexOf('/') + 1);
    sizes.set(key, (sizes.get(key) ?? 0) + piece.length);
  }
}

function compare(
  sizes: ReadonlyMap<string, number>,
  manifest: ReturnType<typeof readManifest>,
): UnpackedSize {
  const sum = (found: Record<string, { bytes: number }>) =>
    Object.values(found).reduce((total, { bytes }) => total + bytes, 0);
  const expected = (of: Record<string, { bytes: number }>) =>
    Object.fromEntries(Object.entries(of).map(([name, { bytes }]) => [name, { bytes }]));
  const tables: Record<string, { bytes: number }> = {};
  const files: Record<string, { bytes: number }> = {};
  const tableByPrefix = new Map(
    Object.keys(manifest.tables).map((name) => [tablePrefix(name), name]),
  );
  // An empty table has no entry.
  for (const name of tableByPrefix.values()) tables[name] = { bytes: 0 };
  for (const [key, bytes] of sizes) {
    if (key.startsWith(FILES)) files[key.slice(FILES.length)] = { bytes };
    else tables[tableByPrefix.get(key) ?? key] = { bytes };
  }
  for (const name of Object.keys(manifest.files)) {
    if (!(name in files) && manifest.files[name]?.bytes === 0) files[name] = { bytes: 0 };
  }
  requireEqual('table', expected(manifest.tables), tables);
  requireEqual('file', expected(manifest.files), files);
  return { tableBytes: sum(tables), fileBytes: sum(files) };
}
