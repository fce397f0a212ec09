import type { DeliveryFailure, DeliveryFailureReason } from '@parley/protocol';

/** Characters of an error that are shown. */
const ERROR_MAX = 300;

const PATTERNS: readonly (readonly [RegExp, DeliveryFailureReason])[] = [
  [/ECONNREFUSED/, 'refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'not_found'],
  [/ETIMEDOUT|timed? ?out|in time\b/i, 'timed_out'],
  [/certificate|self.signed|_CERT\b|SSL|TLS/i, 'certificate'],
  [/EAUTH|Invalid login|authentication|\b535\b/i, 'credentials'],
  [/not (public|allowed)/, 'not_public'],
  [/decrypted/, 'undecryptable'],
  [/\b(404|410)\b/, 'gone'],
  [/\b429\b|too many/i, 'rate_limited'],
  [/answered with 5\d\d/, 'unavailable'],
  [/answered with [34]\d\d|\b5\d\d\b|rejected|denied/i, 'rejected'],
  [/could not be reached|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ECONNECTION/, 'unreachable'],
];

/** Returns the error of a failed email or push with its reason, which clients translate. */
export function failureOf(error: string): DeliveryFailure {
  const [, reason = 'other'] = PATTERNS.find(([pattern]) => pattern.test(error)) ?? [];
  return { reason, error: error.slice(0, ERROR_MAX) };
}
