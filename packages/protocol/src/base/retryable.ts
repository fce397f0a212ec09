import type { RefusalCode } from './codes.ts';

// Not a property of ERRORS: the web client does not load the titles of all errors at its start.

/** The same command with the same id may succeed later; clients keep it and send it again. */
const RETRYABLE: ReadonlySet<string> = new Set<RefusalCode>([
  'rate_limited',
  'overloaded',
  'unavailable',
  'files_unavailable',
  'disk_full',
  'outcome_unknown',
  'shutting_down',
]);

/**
 * Returns whether the same command with the same id may succeed later. False for a code that this
 * version does not know.
 */
export const isRetryable = (code: string): boolean => RETRYABLE.has(code);
