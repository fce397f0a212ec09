// Writes a brotli and a gzip file beside each large text file of a folder. Runs once at build time, at
// the highest levels: the server only chooses one.
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Smaller files fit into one packet anyway. */
const MIN_BYTES = 1_024;
/** Fonts and images have compressed formats already. */
const TEXT = new Set(['.css', '.html', '.js', '.json', '.map', '.svg', '.txt', '.webmanifest']);
/** A smaller saving is not worth the decompression. */
const MIN_SAVING = 0.05;

const ENCODERS = {
  br: (bytes, quality) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: quality,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
};

/**
 * Compresses suitable files below a folder; resolves with the bytes before and after (brotli). Tests compress with a lower
 * `quality` of brotli: the highest takes seconds.
 */
export async function compressFolder(folder, quality = constants.BROTLI_MAX_QUALITY) {
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => TEXT.has(extname(path)) && statSync(path).isFile());
  const sizes = await Promise.all(files.map((path) => compress(path, quality)));
  return sizes.reduce(
    (sum, { before, after }) => ({ before: sum.before + before, after: sum.after + after }),
    { before: 0, after: 0 },
  );
}

async function compress(path, quality) {
  const bytes = readFileSync(path);
  const before = bytes.length;
  let after = before;
  if (before < MIN_BYTES) return { before, after };
  const { atime, mtime } = statSync(path);
  for (const [end, encode] of Object.entries(ENCODERS)) {
    const encoded = await encode(bytes, quality);
    if (encoded.length > before * (1 - MIN_SAVING)) continue;
    writeFileSync(`${path}.${end}`, encoded);
    // The times of the original, so that validators computed from them agree.
    utimesSync(`${path}.${end}`, atime, mtime);
    if (end === 'br') after = encoded.length;
  }
  return { before, after };
}
