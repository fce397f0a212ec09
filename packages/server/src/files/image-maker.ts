import { createHash } from 'node:crypto';
import { type AccountId, type FileId, type ImageId, LIMITS } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { refuse } from '../http/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { withTransaction } from '../storage/transaction.ts';
import { whenFull } from './disk-space.ts';
import type { Digest, FileStore, StagedContent } from './file-store.ts';
import { mayHavePreview } from './images.ts';
import { lockDigest } from './locks.ts';
import { type ImageKind, makeSquares, type Squares } from './squares.ts';

const HOUR_MS = 60 * 60 * 1000;

interface ImageMakerDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly config: { readonly rateLimits: boolean };
}

/** The limits of each kind of image: the bytes of its file, and how many an account can make in an hour. */
const KINDS: Readonly<Record<ImageKind, { readonly bytes: number; readonly perHour: number }>> = {
  avatar: { bytes: LIMITS.avatarBytes, perHour: LIMITS.avatarsPerHour },
  emoji: { bytes: LIMITS.emojiFileBytes, perHour: LIMITS.emojiPerHour },
};

/** An uploaded file from which an image is made. */
interface Source {
  readonly digest: Digest;
  readonly bytes: number;
  readonly mediaType: string;
}

/**
 * Makes images (avatars, the icon of the server, custom emoji) from uploaded files.
 *
 * 1. The content of an image survives a power failure before anything refers to the image.
 * 2. Each account makes one image at a time, so that it can neither fill the queue of the decoder
 *    nor evade the limit.
 * 3. An unused image, whose command was rejected, is deleted by {@link ImageCollector}. No image is
 *    used by a second command.
 */
export class ImageMaker {
  readonly #deps: ImageMakerDeps;
  /** The accounts that are making an image. */
  readonly #busy = new Set<AccountId>();

  constructor(deps: ImageMakerDeps) {
    this.#deps = deps;
  }

  /**
   * Makes an image from a file that the account has uploaded and not posted.
   * @throws {RefusalError} `file_not_found`, `file_too_large`, `image_unreadable`, `rate_limited`,
   *   `overloaded`, `disk_full`, `files_unavailable`
   */
  async make(account: AccountId, file: FileId, kind: ImageKind = 'avatar'): Promise<ImageId> {
    if (this.#busy.has(account)) {
      refuse('rate_limited', 'Another image of yours is being processed', { retryAfter: 2 });
    }
    this.#busy.add(account);
    try {
      return await this.#make(account, file, kind);
    } finally {
      this.#busy.delete(account);
    }
  }

  async #make(account: AccountId, file: FileId, kind: ImageKind): Promise<ImageId> {
    const { bytes, perHour } = KINDS[kind];
    await this.#checkRate(account, kind, perHour);
    const source = await this.#sourceOf(account, file);
    if (source.bytes > bytes) {
      refuse('file_too_large', `An image may have at most ${bytes / 1024 / 1024} MB`);
    }
    // Decoders of other formats are never called.
    if (!mayHavePreview(source.mediaType)) refuse('image_unreadable');
    const squares = await makeSquares(() => this.#contentOf(source.digest), kind);
    if (!squares) refuse('image_unreadable');
    try {
      return await this.#keep(account, kind, squares);
    } catch (error) {
      throw whenFull(error);
    }
  }

  async #checkRate(account: AccountId, kind: ImageKind, perHour: number): Promise<void> {
    const { pool, clock, config } = this.#deps;
    if (!config.rateLimits) return;
    const { rows } = await pool.query<{ made: number }>(
      `select count(*)::int as made from images
       where created_by = $1 and created_at > $2 and kind = $3`,
      [account, new Date(clock.now() - HOUR_MS), kind],
    );
    if ((rows[0]?.made ?? 0) < perHour) return;
    refuse('rate_limited', 'You have set too many images; try again in an hour', {
      retryAfter: HOUR_MS / 1000,
    });
  }

  async #sourceOf(account: AccountId, file: FileId): Promise<Source> {
    const { rows } = await this.#deps.pool.query<Source>(
      `select encode(digest, 'hex') as digest, bytes::float8 as bytes, media_type as "mediaType"
       from files where id = $1 and uploader_id = $2 and state = 'stored' and not attached`,
      [file, account],
    );
    return rows[0] ?? refuse('file_not_found');
  }

  async #contentOf(digest: Digest): Promise<Buffer> {
    const content = await this.#deps.store.read(digest);
    if (!content) refuse('file_not_found', 'The content of this file is missing on the server');
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async #keep(account: AccountId, kind: ImageKind, squares: Squares): Promise<ImageId> {
    const { store } = this.#deps;
    const contents: { digest: Digest; staged: StagedContent }[] = [];
    try {
      for (const bytes of [squares.large, squares.small]) {
        const digest = digestOf(bytes);
        contents.push({ digest, staged: await store.stageBytes(digest, bytes) });
      }
      return await this.#commit(account, kind, contents, squares);
    } finally {
      for (const { staged } of contents) await staged.discard();
    }
  }

  async #commit(
    account: AccountId,
    kind: ImageKind,
    contents: readonly { readonly digest: Digest; readonly staged: StagedContent }[],
    { large, small }: Squares,
  ): Promise<ImageId> {
    const { pool, clock } = this.#deps;
    const id = uuidv7() as ImageId;
    await withTransaction(pool, async (client) => {
      for (const digest of contents.map((content) => content.digest).sort()) {
        await lockDigest(client, digest);
      }
      for (const { staged } of contents) await staged.put();
      await client.query(
        `insert into images (id, digest, bytes, small_digest, small_bytes, created_by, created_at,
                             kind)
         values ($1, decode($2, 'hex'), $3, decode($4, 'hex'), $5, $6, $7, $8)`,
        [
          id,
          digestOf(large),
          large.length,
          digestOf(small),
          small.length,
          account,
          new Date(clock.now()),
          kind,
        ],
      );
    });
    return id;
  }
}

const digestOf = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex');
