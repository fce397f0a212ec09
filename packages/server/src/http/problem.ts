import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, type Problem, type Refusal } from '@parley/protocol';

/** The media type of every problem document (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Returns the problem document of a refusal. `type` links to its entry in /docs/errors. */
export function problemOf(refused: Refusal, requestId?: string): Problem {
  const { status, title } = ERRORS[refused.code];
  return {
    type: `/docs/errors#${refused.code}`,
    title,
    status,
    code: refused.code,
    ...(refused.message !== title && { detail: refused.message }),
    ...(refused.retryAfter !== undefined && { retryAfter: refused.retryAfter }),
    ...(refused.errors && { errors: [...refused.errors] }),
    ...(requestId !== undefined && { requestId }),
  };
}

/**
 * Writes a problem document as a complete HTTP response to a raw socket and closes it. For requests
 * without a `ServerResponse`: upgrades, and bytes that are not HTTP.
 */
export function writeProblem(
  socket: Duplex,
  problem: { readonly status: number; readonly retryAfter?: number | undefined },
): void {
  const body = JSON.stringify(problem);
  const { status, retryAfter } = problem;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${Math.ceil(retryAfter)}`]),
    'Connection: close',
  ];
  // The client may never close its side, so the socket is destroyed once the response is written.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
