import type { Attachment, FileId } from '@parley/protocol';
import { ApiError, errorOf } from './api-error.ts';
import type { RestSession } from './rest-session.ts';

/** Uploads by the tus protocol: in pieces, each confirmed when it is on the server’s disk. */

/** Remembers unfinished uploads, so that they continue after a reload of the page. */
export interface UploadMemory {
  get(): FileId | null;
  set(id: FileId | null): void;
}

/** Options of an upload. */
export interface UploadOptions {
  readonly name: string;
  /** Called with the bytes that the server has confirmed. */
  readonly onProgress?: (sent: number) => void;
  /** Ends the upload; what was received is removed. */
  readonly signal?: AbortSignal;
  readonly memory?: UploadMemory;
}

/** The part of the API that uploads use. */
interface Api extends Pick<RestSession, 'requestBytes'> {
  file(id: FileId): Promise<Attachment>;
  cancelUpload(id: FileId): Promise<void>;
}

const KIB = 1024;
/** The first piece is small, so that a slow connection shows progress; later ones grow. */
const PIECE_MIN = 128 * KIB;
const PIECE_MAX = 4 * 1024 * KIB;
/** A piece that took longer than this is followed by smaller ones, ms. */
const PIECE_MS = 1_500;
const TIMEOUT_MS = 60_000;
/** Attempts in a row without progress, and the longest wait between two of them, ms. */
const ATTEMPTS = 10;
const WAIT_MAX_MS = 15_000;
const TUS = { 'tus-resumable': '1.0.0' };

/** Uploads a file and returns it. See `ParleyApi.upload`. */
export async function uploadFile(
  api: Api,
  file: Blob,
  options: UploadOptions,
): Promise<Attachment> {
  const { memory, signal } = options;
  let id = memory?.get() ?? null;
  try {
    let offset = id === null ? null : await offsetOf(api, id, file.size, signal);
    if (id === null || offset === null) {
      id = await start(api, file, options);
      offset = 0;
    }
    memory?.set(id);
    await sendFrom(api, id, { file, offset }, options);
    const stored = await api.file(id);
    memory?.set(null);
    return stored;
  } catch (error) {
    if (!signal?.aborted) throw error;
    memory?.set(null);
    // The server removes it after a day if this fails.
    if (id !== null) await api.cancelUpload(id).catch(() => undefined);
    throw signal.reason;
  }
}

async function start(api: Api, file: Blob, { name, signal }: UploadOptions): Promise<FileId> {
  const bytes = new TextEncoder().encode(name.slice(0, 500));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const response = await api.requestBytes('POST', '/uploads', {
    headers: {
      ...TUS,
      'upload-length': String(file.size),
      ...(base64 !== '' && { 'upload-metadata': `filename ${base64}` }),
    },
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  return (response.headers.get('location') ?? '').split('/').at(-1) as FileId;
}

/**
 * Returns how many bytes the server has; null if it does not know the upload, or it is for another
 * file.
 */
async function offsetOf(
  api: Api,
  id: FileId,
  size: number,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const response = await api.requestBytes('HEAD', `/uploads/${id}`, {
    headers: TUS,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  if (response.status === 404) return null;
  if (!response.ok)
    throw new ApiError('unavailable', 'The upload could not be continued', {
      status: response.status,
    });
  if (Number(response.headers.get('upload-length')) !== size) return null;
  return Number(response.headers.get('upload-offset'));
}

/** Sends the rest of a file, and retries after interruptions. */
async function sendFrom(
  api: Api,
  id: FileId,
  { file, offset: first }: { readonly file: Blob; readonly offset: number },
  { onProgress, signal }: UploadOptions,
): Promise<void> {
  let offset = first;
  let size = PIECE_MIN;
  let failures = 0;
  while (offset < file.size) {
    onProgress?.(offset);
    const startedAt = performance.now();
    try {
      offset = await sendPiece(api, id, offset, file.slice(offset, offset + size), signal);
      failures = 0;
      const ms = performance.now() - startedAt;
      size = ms > PIECE_MS ? Math.max(PIECE_MIN, size / 2) : Math.min(PIECE_MAX, size * 2);
    } catch (error) {
      if (signal?.aborted || !isTransient(error) || ++failures >= ATTEMPTS) throw error;
      size = PIECE_MIN;
      await pause(Math.min(WAIT_MAX_MS, 500 * 2 ** failures) * Math.random(), signal);
      // The piece may have arrived completely or in part.
      const received = await offsetOf(api, id, file.size, signal).catch(() => offset);
      if (received === null) throw error;
      if (received > offset) failures = 0;
      offset = received;
    }
  }
  onProgress?.(offset);
}

async function sendPiece(
  api: Api,
  id: FileId,
  offset: number,
  body: Blob,
  signal: AbortSignal | undefined,
): Promise<number> {
  const response = await api.requestBytes('PATCH', `/uploads/${id}`, {
    headers: {
      ...TUS,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    },
    body,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  if (!response.ok) throw await errorOf(response);
  return Number(response.headers.get('upload-offset'));
}

/** Returns whether a retry may succeed: no connection, a restarting server, another offset. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  if (error.code === 'disk_full') return false;
  return error.retryable || error.code === 'upload_conflict' || error.status === 408;
}

/** Waits, and ends early if the signal is aborted. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
