import { z } from 'zod';

/**
 * A backup has, besides rows and files, a header at the start, which identifies it, and a manifest
 * at the end, with the digests of everything. A backup without its end is invalid.
 */

/** The number of this format; raised when an older Parley could misunderstand a backup. */
export const FORMAT = 1;
/** The entry with the {@link Header}: the first one. */
export const HEADER_ENTRY = 'parley-backup.json';
/** The entry with the {@link Manifest}: the last one. */
export const MANIFEST_ENTRY = 'manifest.json';
/** Below it, the rows: `tables/<name>/<piece>.copy`, in COPY’s text format. */
export const TABLES = 'tables/';
/** Below it, the files of the data folder. */
export const FILES = 'files/';
/** The server’s secret, as a file of the data folder. */
export const SECRET_ENTRY = `${FILES}secret`;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.number().int().nonnegative();

/** The header of a backup. */
export const Header = z.object({
  format: z.literal(FORMAT),
  /** The unique id of this backup. */
  id: z.uuid(),
  /** When its snapshot was taken. */
  madeAt: z.iso.datetime(),
  /** The epoch of the streams in it. */
  epoch: z.uuid(),
  /** The migrations that were applied to its tables. */
  migrations: z.array(
    z.object({ version: z.number().int(), name: z.string(), checksum: z.string() }),
  ),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()) })),
  sequences: z.array(z.object({ name: z.string(), lastValue: z.string(), isCalled: z.boolean() })),
});
export type Header = z.infer<typeof Header>;

/** The manifest: the sizes and digests of everything in a backup. */
export const Manifest = z.object({
  id: z.uuid(),
  tables: z.record(z.string(), z.object({ rows: Count, bytes: Count, sha256: Sha256 })),
  streams: z.object({ streams: Count, events: Count, sha256: Sha256 }),
  files: z.record(z.string(), z.object({ bytes: Count, sha256: Sha256 })),
});
export type Manifest = z.infer<typeof Manifest>;

/** The file is not a backup, is damaged, or cannot be read by this version. */
export class BadBackup extends Error {
  override name = 'BadBackup';
}

/**
 * Parses the header of a backup.
 * @throws {BadBackup} with a message for the user
 */
export function readHeader(text: string): Header {
  const json = parseJson(text);
  const format = z.object({ format: z.number() }).safeParse(json);
  if (format.success && format.data.format > FORMAT) {
    throw new BadBackup(
      `This backup was created by a newer version of Parley (format ${format.data.format}; this version reads ` +
        `${FORMAT}). Restore it with that version.`,
    );
  }
  const header = Header.safeParse(json);
  if (!header.success) throw new BadBackup('The backup is damaged: its header cannot be read.');
  return header.data;
}

/** Reads the manifest of the backup with this header. */
export function readManifest(text: string, header: Header): Manifest {
  const manifest = Manifest.safeParse(parseJson(text));
  if (!manifest.success || manifest.data.id !== header.id) {
    throw new BadBackup('The backup is damaged: its manifest cannot be read.');
  }
  return manifest.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
