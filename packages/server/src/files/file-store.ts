import type { Readable } from 'node:stream';

/** The SHA-256 of a content, in hexadecimal: its address in the store. */
export type Digest = string;

/** A range of bytes, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A content in the store. */
export interface StoredContent {
  readonly digest: Digest;
  readonly bytes: number;
}

/** A content next to the store, on disk, that is not in it yet. */
export interface StagedContent {
  /** Moves it into the store, without copying. When it returns, the content survives a power failure. */
  put(digest: Digest): Promise<void>;
  /** Removes what {@link put} has not moved. */
  discard(): Promise<void>;
}

/**
 * Keeps contents under their digests. Who may read them, and how long they are kept, is decided by those
 * who use it.
 */
export interface FileStore {
  /**
   * Prepares to store the content of a local file, which is already on disk, and leaves the file in
   * place. It copies where the file is on another disk.
   */
  stage(path: string): Promise<StagedContent>;
  /** Prepares to store a content that is in memory. It is on disk when this returns. */
  stageBytes(content: Uint8Array): Promise<StagedContent>;
  /**
   * Stores the content of a local file, which is already on disk, and leaves the file in place. When it
   * returns, the content survives a power failure. Storing a content twice changes nothing.
   */
  put(digest: Digest, path: string): Promise<void>;
  /** Opens a content, or a range of it; null if it is not there. */
  read(digest: Digest, range?: ByteRange): Promise<Readable | null>;
  /** Removes a content, for good when it returns; it need not be there. */
  remove(digest: Digest): Promise<void>;
  /** Yields all contents. */
  list(): AsyncIterable<StoredContent>;
  /** Returns when a content was written; null if it is not there. */
  writtenAt(digest: Digest): Promise<Date | null>;
  /** Removes staged contents that were left before this time by processes that were killed. */
  sweepStaged(before: Date): Promise<void>;
}
