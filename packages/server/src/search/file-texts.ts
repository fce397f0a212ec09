import type { FileId } from '@parley/protocol';
import type pg from 'pg';
import type { Digest, FileStore } from '../files/file-store.ts';
import { RefusalError } from '../http/errors.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withTransaction } from '../storage/transaction.ts';
import { piecesOf } from './file-pieces.ts';
import { bytesForText, textOfFile } from './file-text.ts';

/** Interval of the search for files to read: uploads to other nodes do not trigger it. */
const POLL_MS = 5_000;
/** Delay of a retry after an error. */
const RETRY_MS = 10_000;
/** The lease of a file that a node reads, ms. */
const LEASE_MS = 120_000;
/** Attempts to read the text of a file. */
const ATTEMPTS_MAX = 3;

interface FileTextsDeps {
  readonly pool: pg.Pool;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A file whose text a node reads. */
interface ClaimedFile {
  readonly id: FileId;
  readonly name: string;
  readonly digest: Digest;
  readonly bytes: number;
  readonly mediaType: string;
  readonly attempts: number;
}

/**
 * Reads the texts of uploaded files (text, Markdown, PDF) for searches, in the background. It runs on every node.
 *
 * 1. A file is read by one node at a time. If the node is killed, another one reads it.
 * 2. The text is stored in pieces with their keys, atomically, and not if the file was deleted
 *    meanwhile.
 * 3. A file whose text cannot be read is retried a few times, then found only by its name.
 * 4. Texts that earlier versions stored as a whole are found, and split into pieces.
 */
export class FileTexts {
  readonly #deps: FileTextsDeps;
  readonly #worker: BackgroundWorker;

  constructor(deps: FileTextsDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.readAll(isStopped),
      pollMs: POLL_MS,
      retryMs: RETRY_MS,
      onError: (error) => deps.log.warn({ err: error }, 'texts of files not read, will be retried'),
    });
  }

  /** Reads texts until {@link stop}. */
  start(): void {
    this.#worker.start();
  }

  /** Searches for files to read now. */
  wake(): void {
    this.#worker.wake();
  }

  /** Stops after the current file. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  /** Reads the texts of all pending files, and splits texts stored as a whole. */
  async readAll(isStopped: () => boolean = () => false): Promise<void> {
    while (!isStopped()) {
      const file = await this.#claim();
      if (file) await this.#read(file);
      else if (!(await this.#cutWholeText())) return;
    }
  }

  /** Splits a text that was stored as a whole. Returns false if there is none. */
  async #cutWholeText(): Promise<boolean> {
    return await withTransaction(this.#deps.pool, async (client) => {
      // The file is locked, so that its removal waits for the pieces. 4000 is the longest piece: written as in the
      // index file_texts_uncut, which is used only then.
      const { rows } = await client.query<{ id: FileId; name: string; text: string }>(
        `select f.id, f.name, t.text
         from file_texts t join files f on f.id = t.file_id
         where char_length(t.text) > 4000 and f.state = 'stored'
         limit 1
         for update of f skip locked`,
      );
      const [whole] = rows;
      if (!whole) return false;
      await client.query('delete from file_texts where file_id = $1', [whole.id]);
      await insertPieces(client, whole, whole.text);
      return true;
    });
  }

  async #claim(): Promise<ClaimedFile | undefined> {
    const { pool, clock } = this.#deps;
    const now = clock.now();
    const { rows } = await pool.query<ClaimedFile>({
      name: 'file-texts-claim',
      text: `
        update files f set text_lease = $2, text_attempts = text_attempts + 1
        from (
          select id from files
          where not text_done and state = 'stored'
            and media_type in ('text/plain', 'application/pdf')
            and (text_lease is null or text_lease < $1)
          order by id limit 1
          for update skip locked
        ) c
        where f.id = c.id
        returning f.id, f.name, encode(f.digest, 'hex') as digest, f.bytes::float8 as bytes,
          f.media_type as "mediaType", f.text_attempts as attempts`,
      values: [new Date(now), new Date(now + LEASE_MS)],
    });
    return rows[0];
  }

  async #read(file: ClaimedFile): Promise<void> {
    const { log } = this.#deps;
    let text = '';
    try {
      // A node was killed at each attempt, perhaps because of this file.
      if (file.attempts <= ATTEMPTS_MAX) text = await this.#textOf(file);
    } catch (error) {
      if (error instanceof RefusalError) {
        await this.#release(file);
        throw error;
      }
      log.info(
        { err: error, file: file.id, attempt: file.attempts },
        'text of a file not readable',
      );
      // Its lease must expire first.
      if (file.attempts < ATTEMPTS_MAX) return;
    }
    await this.#store(file, text);
  }

  async #textOf({ digest, bytes, mediaType }: ClaimedFile): Promise<string> {
    const length = bytesForText(mediaType, bytes);
    if (length === 0) return '';
    const content = await this.#deps.store.read(digest, { start: 0, end: length - 1 });
    if (!content) return '';
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    return await textOfFile(mediaType, Buffer.concat(pieces));
  }

  /** The file store is unavailable, so this does not count as an attempt. */
  async #release({ id }: ClaimedFile): Promise<void> {
    await this.#deps.pool.query(
      'update files set text_lease = null, text_attempts = text_attempts - 1 where id = $1',
      [id],
    );
  }

  async #store(file: ClaimedFile, text: string): Promise<void> {
    await withTransaction(this.#deps.pool, async (client) => {
      const { rowCount } = await client.query(
        `update files set text_done = true, text_lease = null
         where id = $1 and state = 'stored' and not text_done`,
        [file.id],
      );
      if (rowCount !== 0) await insertPieces(client, file, text);
    });
  }
}

async function insertPieces(
  client: pg.ClientBase,
  { id, name }: { readonly id: FileId; readonly name: string },
  text: string,
): Promise<void> {
  for (const [n, piece] of piecesOf(text, name).entries()) {
    await client.query({
      name: 'file-texts-piece',
      text: 'insert into file_texts (file_id, piece, text, keys) values ($1, $2, $3, $4)',
      values: [id, n, piece.text, [...piece.keys]],
    });
  }
}
