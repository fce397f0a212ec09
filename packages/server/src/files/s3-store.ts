import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { RefusalError } from '../http/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { StartRefused } from '../storage/start-errors.ts';
import {
  type ByteRange,
  type Digest,
  type FileStore,
  isDigest,
  pathOfDigest,
  type RemoteStore,
  type StagedContent,
  type StoredContent,
} from './file-store.ts';
import { bodyOf, piecesOf, type S3Body, S3Client, type S3Settings } from './s3-client.ts';
import { isTransient, refusalOfStore, S3Error } from './s3-error.ts';
import { S3Multipart } from './s3-multipart.ts';
import { childrenOf, childText, readXml } from './s3-xml.ts';

/** Larger file contents are sent in parts, so that a failure does not resend everything. */
const WHOLE_MAX = 64 * 1024 * 1024;
/** Attempts and time limits while a transaction waits. */
const IN_TRANSACTION = { attempts: 3, idleMs: 5_000 } as const;
/** The number of failures without progress after which a download is abandoned. */
const RESUMES_MAX = 4;
/** Attempts of each of these requests. */
const RESUME_ATTEMPTS = 2;
/** The outcome of a check of the server is used for this time, ms. */
const CHECKED_MS = 5_000;
/** The object that says whose bucket it is. */
const OWNER_KEY = 'parley-server';
/** The longest owner that is compared. */
const OWNER_MAX = 200;

/** The options of {@link S3Store}. */
export interface S3StoreOptions extends S3Settings {
  /** Comes before the keys of all objects: empty, or a path with a slash at its end. */
  readonly prefix: string;
  readonly log: Logger;
  /** Returns an identifier of this server; file contents of other servers must not be removed. */
  readonly owner: () => Promise<string>;
}

/**
 * A {@link FileStore} in a bucket of an S3 server, under the keys that {@link FolderStore} uses as paths.
 *
 * 1. File content is sent to its key before the transaction that will refer to it. The transaction,
 *    under the lock of the digest, only verifies that it still exists: it may have been removed as
 *    an orphan in between. File contents that no transaction refers to are orphans.
 * 2. Nothing is written or removed before the bucket is known to belong to this server: file contents of
 *    another server would look like orphans.
 */
export class S3Store implements FileStore {
  readonly remote: RemoteStore = { isReachable: () => this.#isReachable() };
  readonly #client: S3Client;
  readonly #multipart: S3Multipart;
  readonly #options: S3StoreOptions;
  #isWorking = true;
  #checked: { readonly at: number; readonly outcome: Promise<boolean> } | null = null;
  #claimed: Promise<void> | null = null;

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.#client = new S3Client(options, (isReachable) => this.#note(isReachable));
    this.#multipart = new S3Multipart(this.#client);
  }

  /**
   * Checks at the start that the bucket exists, belongs to this server, and is writable. If the S3
   * server does not answer, this is only logged, and files are unavailable until it does.
   * @throws {StartRefused} if the settings are wrong
   */
  async check(): Promise<void> {
    const { bucket, endpoint, log } = this.#options;
    try {
      await this.#claim(2);
      const key = this.#keyOf('parley-check');
      await this.#client.text({ method: 'PUT', key, body: bodyOf(Buffer.from('check')) });
      await this.#client.text({ method: 'DELETE', key });
      for await (const _ of this.#listPages(1)) break;
    } catch (error) {
      if (error instanceof StartRefused) throw error;
      if (isTransient(error)) {
        log.warn({ err: error }, 'file store unreachable');
        return;
      }
      const advice = adviceOf(error as S3Error);
      throw new StartRefused(
        `Cannot use the bucket ${bucket} at ${endpoint}: ${(error as Error).message}. ${advice}`,
        { cause: error },
      );
    }
  }

  async stage(digest: Digest, path: string): Promise<StagedContent> {
    const { size } = await stat(path);
    const body = { bytes: size, sha256: digest, open: () => createReadStream(path) };
    return await this.#stage(digest, body, path);
  }

  async stageBytes(digest: Digest, content: Uint8Array): Promise<StagedContent> {
    return await this.#stage(digest, bodyOf(content));
  }

  async #stage(digest: Digest, body: S3Body, path?: string): Promise<StagedContent> {
    await this.#ensure(digest, body, path);
    return {
      put: () => this.#ensure(digest, body, path, IN_TRANSACTION),
      // It may be in use by others by now. If not, it is swept as an orphan.
      discard: async () => undefined,
    };
  }

  async put(digest: Digest, path: string): Promise<void> {
    await this.stage(digest, path);
  }

  /** Sends file content unless it is there. */
  async #ensure(
    digest: Digest,
    body: S3Body,
    path: string | undefined,
    limits: { readonly attempts?: number; readonly idleMs?: number } = {},
  ): Promise<void> {
    await this.#run('put', async () => {
      await this.#claim();
      const key = this.#keyOf(pathOfDigest(digest));
      const there = await this.#head(key, limits);
      if (there !== null && Number(there.headers['content-length']) === body.bytes) return;
      if (path !== undefined && body.bytes > WHOLE_MAX) {
        await this.#multipart.put(key, path, body.bytes);
      } else await this.#client.text({ method: 'PUT', key, body });
    });
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable | null> {
    return await this.#run('get', async () => {
      const first = await this.#get(digest, range);
      if (first === null) return null;
      const end = range?.end ?? Number(first.headers['content-length']) - 1;
      if (Number.isNaN(end)) {
        first.destroy();
        throw new S3Error(first.statusCode ?? 0, 'LengthMissing');
      }
      const from = { start: range?.start ?? 0, end };
      return Readable.from(this.#pieces(digest, from, first), { objectMode: false });
    });
  }

  /** Yields the bytes of a range, and continues after interrupted connections. */
  async *#pieces(
    digest: Digest,
    { start, end }: ByteRange,
    first: IncomingMessage,
  ): AsyncGenerator<Buffer, void> {
    let at = start;
    let failures = 0;
    let answer: IncomingMessage | null = first;
    for (;;) {
      try {
        for await (const piece of piecesOf(answer)) {
          // Our own response has announced as many bytes as were requested.
          const requested = piece.subarray(0, end + 1 - at);
          at += requested.length;
          failures = 0;
          if (requested.length > 0) yield requested;
          if (requested.length < piece.length) return;
        }
      } catch (error) {
        if (at <= end && ++failures > RESUMES_MAX) throw this.#failure('get', error);
      }
      if (at > end) return;
      answer = await this.#run('get', () => this.#get(digest, { start: at, end }, RESUME_ATTEMPTS));
      if (answer === null) throw new Error('A content was removed while it was read');
    }
  }

  async #get(
    digest: Digest,
    range?: ByteRange,
    attempts?: number,
  ): Promise<IncomingMessage | null> {
    const key = this.#keyOf(pathOfDigest(digest));
    const headers = range ? { range: `bytes=${range.start}-${range.end}` } : {};
    try {
      const limits = { ...(attempts !== undefined && { attempts }) };
      const answer = await this.#client.send({ method: 'GET', key, headers, ...limits });
      if (range === undefined || startsAt(answer, range.start)) return answer;
      answer.destroy();
      throw new S3Error(answer.statusCode ?? 0, 'RangeIgnored');
    } catch (error) {
      return nullIfNoObject(error);
    }
  }

  async remove(digest: Digest): Promise<void> {
    await this.#run('delete', async () => {
      await this.#claim();
      const key = this.#keyOf(pathOfDigest(digest));
      await this.#client.text({ method: 'DELETE', key, ...IN_TRANSACTION });
    });
  }

  async writtenAt(digest: Digest): Promise<Date | null> {
    return await this.#run('head', async () => {
      const there = await this.#head(this.#keyOf(pathOfDigest(digest)));
      const written = there?.headers['last-modified'];
      return written === undefined ? null : new Date(written);
    });
  }

  async #head(key: string, limits: { readonly attempts?: number; readonly idleMs?: number } = {}) {
    try {
      const answer = await this.#client.send({ method: 'HEAD', key, ...limits });
      answer.resume();
      return answer;
    } catch (error) {
      return nullIfNoObject(error);
    }
  }

  async *list(): AsyncIterable<StoredContent> {
    try {
      for await (const page of this.#listPages(1_000)) {
        for (const { key, bytes } of page) {
          const name = key.slice(key.lastIndexOf('/') + 1);
          if (isDigest(name) && key === this.#keyOf(pathOfDigest(name))) {
            yield { digest: name, bytes };
          }
        }
      }
    } catch (error) {
      throw this.#failure('list', error);
    }
  }

  async *#listPages(max: number): AsyncGenerator<{ key: string; bytes: number }[]> {
    const { prefix } = this.#options;
    let token: string | undefined;
    do {
      const query = {
        'list-type': '2',
        'max-keys': String(max),
        ...(prefix !== '' && { prefix }),
        ...(token !== undefined && { 'continuation-token': token }),
      };
      const answer = readXml(await this.#client.text({ method: 'GET', query }));
      // An incomplete list would make file contents look lost.
      if (answer.name !== 'ListBucketResult') throw new S3Error(200, 'NotAList');
      yield childrenOf(answer, 'Contents').map((object) => ({
        key: childText(object, 'Key') ?? '',
        bytes: Number(childText(object, 'Size')),
      }));
      const next = childText(answer, 'NextContinuationToken') || undefined;
      const isEnd = childText(answer, 'IsTruncated') !== 'true';
      if (!isEnd && (next === undefined || next === token)) throw new S3Error(200, 'ListBroken');
      token = isEnd ? undefined : next;
    } while (token !== undefined);
  }

  async sweepStaged(before: Date): Promise<void> {
    await this.#run('sweep', async () => {
      await this.#claim();
      await this.#multipart.sweep(this.#options.prefix, before);
    });
  }

  /**
   * Verifies once that the bucket belongs to this server; the first server to use it writes its
   * identifier.
   */
  async #claim(attempts?: number): Promise<void> {
    this.#claimed ??= this.#claimNow(attempts).catch((error: unknown) => {
      this.#claimed = null;
      throw error;
    });
    await this.#claimed;
  }

  async #claimNow(attempts: number | undefined): Promise<void> {
    const { owner, bucket } = this.#options;
    const own = await owner();
    const key = this.#keyOf(OWNER_KEY);
    const limits = { ...(attempts !== undefined && { attempts }) };
    const read = async () => {
      try {
        return await this.#client.text({ method: 'GET', key, ...limits });
      } catch (error) {
        return nullIfNoObject(error);
      }
    };
    let current = await read();
    if (current === null) {
      await this.#client.text({ method: 'PUT', key, body: bodyOf(Buffer.from(own)), ...limits });
      current = await read();
    }
    if (current?.slice(0, OWNER_MAX).trim() === own) return;
    throw new StartRefused(
      `The bucket ${bucket} contains the files of another Parley server, which this one would delete. ` +
        'Set FILES_S3_PREFIX, or another FILES_S3_BUCKET. If it is a bucket of this server whose database ' +
        `was lost and not restored from a backup, delete the object ${key} in it first.`,
    );
  }

  #keyOf(path: string): string {
    return this.#options.prefix + path;
  }

  /** Returns the result of an operation, and logs failures. */
  async #run<T>(operation: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw this.#failure(operation, error);
    }
  }

  #failure(operation: string, error: unknown): unknown {
    // Error of the local file, which the caller handles.
    if ((error as NodeJS.ErrnoException).path !== undefined) return error;
    if (error instanceof RefusalError) return error;
    this.#options.log.warn({ err: error, operation }, 'file store request failed');
    return refusalOfStore(error);
  }

  #note(isWorking: boolean): void {
    if (isWorking && !this.#isWorking) this.#options.log.info('file store reachable again');
    this.#isWorking = isWorking;
  }

  async #isReachable(): Promise<boolean> {
    const now = performance.now();
    if (!this.#checked || now - this.#checked.at > CHECKED_MS) {
      const request = { method: 'HEAD', attempts: 1, idleMs: 2_000 } as const;
      const outcome = this.#client.text(request).then(
        () => true,
        () => false,
      );
      this.#checked = { at: now, outcome };
    }
    return await this.#checked.outcome;
  }
}

/** Returns whether a response is part of an object that begins at a byte. */
const startsAt = (answer: IncomingMessage, start: number): boolean =>
  answer.statusCode === 206 &&
  (answer.headers['content-range'] ?? '').startsWith(`bytes ${start}-`);

/** Returns null if there is no such object. @throws the error otherwise, also if there is no such bucket */
function nullIfNoObject(error: unknown): null {
  const isMissing = error instanceof S3Error && error.status === 404;
  if (isMissing && error.code !== 'NoSuchBucket') return null;
  throw error;
}

/** Returns advice for an error of the check at the start. */
function adviceOf({ status, code }: S3Error): string {
  if (code === 'NoSuchBucket' || status === 404) {
    return 'Create the bucket, or correct FILES_S3_BUCKET and FILES_S3_ENDPOINT.';
  }
  if (status === 401 || status === 403) {
    return (
      'Check FILES_S3_ACCESS_KEY_ID and FILES_S3_SECRET_ACCESS_KEY, the clock of this machine, and that the ' +
      'key may list the bucket and read, write and delete objects in it.'
    );
  }
  return 'Check FILES_S3_ENDPOINT, FILES_S3_REGION and FILES_S3_PATH_STYLE.';
}
