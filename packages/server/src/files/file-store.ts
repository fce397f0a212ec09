import type { Readable } from 'node:stream';

/** The SHA-256 of file content, in hexadecimal: its address in the store. */
export type Digest = string;

/** A range of bytes, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** File content in the store. */
export interface StoredContent {
  readonly digest: Digest;
  readonly bytes: number;
}

/** File content prepared for the store, next to it or in it, that nothing refers to yet. */
export interface StagedContent {
  /**
   * Moves the content into the store, usually without sending or copying it again. When this
   * returns, the content survives a power failure. The caller must hold the lock of the digest.
   */
  put(): Promise<void>;
  /** Removes the staged content if {@link put} was not called. */
  discard(): Promise<void>;
}

/** A store on another machine. */
export interface RemoteStore {
  /** Returns whether the store answers; never throws. Many calls cost one request. */
  isReachable(): Promise<boolean>;
}

/**
 * Stores file contents under their digests. Callers decide who may read them and how long they are kept.
 *
 * A store on another machine rejects with the refusal `files_unavailable` while it does not answer.
 */
export interface FileStore {
  /** Null if the store is a folder. */
  readonly remote: RemoteStore | null;
  /**
   * Prepares to store the content of a local file, which is already on disk, and leaves the file in
   * place. It copies where the file is on another disk.
   */
  stage(digest: Digest, path: string): Promise<StagedContent>;
  /** Prepares to store file content that is in memory. It is on disk when this returns. */
  stageBytes(digest: Digest, content: Uint8Array): Promise<StagedContent>;
  /**
   * Stores the content of a local file, which is already on disk, and leaves the file in place. When it
   * returns, the content survives a power failure. Storing file content twice changes nothing.
   */
  put(digest: Digest, path: string): Promise<void>;
  /** Opens file content, or a range of it; null if it is not there. */
  read(digest: Digest, range?: ByteRange): Promise<Readable | null>;
  /** Removes file content permanently, if it exists. */
  remove(digest: Digest): Promise<void>;
  /** Yields all file contents. */
  list(): AsyncIterable<StoredContent>;
  /** Returns when file content was written; null if it is not there. */
  writtenAt(digest: Digest): Promise<Date | null>;
  /** Removes staged file contents that killed processes left before this time. */
  sweepStaged(before: Date): Promise<void>;
}

const DIGEST = /^[0-9a-f]{64}$/;

/** Returns whether a text is a digest. */
export const isDigest = (text: string): boolean => DIGEST.test(text);

/**
 * Returns the path of file content in a store: `ab/cd/abcd…`. The two levels keep folders small.
 * @throws if the digest is not one
 */
export function pathOfDigest(digest: Digest): string {
  if (!isDigest(digest)) throw new Error('Not a digest');
  return `${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest}`;
}
