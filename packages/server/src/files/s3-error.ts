import { refusal } from '@parley/protocol';
import { RefusalError } from '../http/errors.ts';
import { childText, readXml } from './s3-xml.ts';

/** The maximum length of a server’s error code in the log. */
const CODE_MAX = 60;
/** Responses after which a retry may succeed. */
const TRANSIENT_STATUSES = new Set([408, 429, 500, 502, 503, 504]);
const TRANSIENT_CODES = new Set([
  'RequestTimeout',
  'SlowDown',
  'InternalError',
  'OperationAborted',
]);
/** The codes that servers return when their disk or the bucket’s quota is full. */
const FULL = /^(XMinioStorageFull|QuotaExceeded|InsufficientCapacity|EntityTooLargeForQuota)$/;

/** The S3 server has responded with an error. Contains nothing that was sent. */
export class S3Error extends Error {
  override name = 'S3Error';
  readonly status: number;
  /** The code of the response, such as `NoSuchBucket`; empty if it has none. */
  readonly code: string;

  constructor(status: number, code: string) {
    super(`The S3 server answered ${status}${code && ` ${code}`}`);
    this.status = status;
    this.code = code;
  }
}

/** Returns the error that a response with this text stands for. */
export function errorOfResponse(status: number, text: string): S3Error {
  const code = childText(readXml(text), 'Code') ?? '';
  return new S3Error(status, /^\w+$/.test(code) ? code.slice(0, CODE_MAX) : '');
}

/** Returns whether a retry may succeed. Errors without a response are network errors. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof S3Error)) return true;
  return TRANSIENT_STATUSES.has(error.status) || TRANSIENT_CODES.has(error.code);
}

/** Converts an error of the S3 server or the network to the refusal that clients receive. */
export function refusalOfStore(error: unknown): RefusalError {
  const isFull = error instanceof S3Error && (error.status === 507 || FULL.test(error.code));
  const refused = isFull
    ? new RefusalError(refusal('disk_full', undefined, { retryAfter: 60 }))
    : new RefusalError(refusal('files_unavailable', undefined, { retryAfter: 10 }));
  refused.cause = error;
  return refused;
}
