import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { type Content, contentOf } from './compressed.ts';

/** Media types by file extension, with the charset of text types. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml; charset=utf-8',
};

/** File extensions of precompressed files. */
const ENCODED = { '.br': 'br', '.gz': 'gzip' } as const;

/** Returns the media type of a file by its extension. */
export const typeOf = (name: string): string =>
  TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';

/**
 * Reads all files of a folder into memory, by URL path (`/a/b.js`). `x.js.br` and `x.js.gz` become
 * encodings of `x.js`; other files are compressed here.
 *
 * The files are read synchronously: before a server answers requests there is nothing to block, and hundreds of small
 * files take a quarter of the time.
 *
 * No URL is ever mapped to a path on disk, and no request holds a file descriptor.
 */
export async function readFolder(folder: string): Promise<Map<string, Content>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  const fileNames = new Set(files);
  const originals = files.filter((file) => !isEncoded(file, fileNames));
  const read = async (file: string): Promise<[string, Content]> => {
    const encoded: { br?: Buffer; gzip?: Buffer } = {};
    for (const [end, name] of Object.entries(ENCODED)) {
      if (fileNames.has(file + end)) encoded[name] = readFileSync(file + end);
    }
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    return [path, await contentOf(typeOf(file), readFileSync(file), encoded)];
  };
  return new Map(await Promise.all(originals.map(read)));
}

/** Returns whether a file is the compressed form of another one. */
function isEncoded(file: string, known: ReadonlySet<string>): boolean {
  const end = extname(file);
  return end in ENCODED && known.has(file.slice(0, -end.length));
}
