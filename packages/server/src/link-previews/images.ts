import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attachment, FileId } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { FileStore } from '../files/file-store.ts';
import { makePreview, mayHavePreview, type PreviewStyle } from '../files/images.ts';
import { lockDigest } from '../files/locks.ts';
import { mediaTypeOf } from '../files/media-type.ts';
import { syncFile } from '../files/sync.ts';
import { ConcurrencyLimit } from '../limits/concurrency.ts';
import type { Clock } from '../runtime/clock.ts';
import { withTransaction } from '../storage/transaction.ts';

interface PreviewImagesDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly clock: Clock;
  /** The folder of unfinished uploads: what a killed process leaves there is swept. */
  readonly dir: string;
}

/**
 * Images are shown 96 px wide. They count towards no storage quota, so they are small: otherwise an
 * account could fill the disk with its own pages.
 */
const STYLE: PreviewStyle = { size: 320, mayMove: false };

/** Decodes the images of pages, re-encodes them and stores them as files of the server. */
export class PreviewImages {
  readonly #deps: PreviewImagesDeps;
  /** One at a time: uploads of users wait for the same decoder. */
  readonly #turn = new ConcurrencyLimit(1);

  constructor(deps: PreviewImagesDeps) {
    this.#deps = deps;
  }

  /** Stores an image as a file of the server; null if it cannot be decoded. */
  store(bytes: Buffer): Promise<Attachment | null> {
    return this.#turn.run('', () => this.#store(bytes));
  }

  async #store(bytes: Buffer): Promise<Attachment | null> {
    const id = uuidv7() as FileId;
    const folder = join(this.#deps.dir, id);
    await mkdir(folder, { mode: 0o700 });
    try {
      const original = join(folder, 'original');
      const preview = join(folder, 'preview');
      await writeFile(original, bytes, { mode: 0o600, flag: 'wx' });
      if (!mayHavePreview(await mediaTypeOf(original))) return null;
      const properties = await makePreview(original, preview, STYLE);
      if (!properties) return null;
      await syncFile(preview);
      const encoded = await readFile(preview);
      const image: Attachment = {
        id,
        name: 'preview.webp',
        mediaType: 'image/webp',
        bytes: encoded.length,
        ...properties,
      };
      await this.#insert(image, preview, createHash('sha256').update(encoded).digest('hex'));
      return image;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Only the encoded image is stored: as the content of the file, and as its preview. */
  async #insert(image: Attachment, path: string, digest: string): Promise<void> {
    const { pool, store, clock } = this.#deps;
    const staged = await store.stage(digest, path);
    try {
      await withTransaction(pool, async (client) => {
        await lockDigest(client, digest);
        await staged.put();
        await client.query(
          `insert into files (id, digest, bytes, name, media_type, width, height, blurhash,
                              preview_digest, preview_bytes, created_at)
           values ($1, decode($2, 'hex'), $3, $4, $5, $6, $7, $8, decode($2, 'hex'), $3, $9)`,
          [
            image.id,
            digest,
            image.bytes,
            image.name,
            image.mediaType,
            image.width,
            image.height,
            image.blurhash,
            new Date(clock.now()),
          ],
        );
      });
    } finally {
      await staged.discard();
    }
  }
}
