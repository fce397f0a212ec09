import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { writeProblem } from '../http/problem.ts';

const STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Responds to bytes that are not HTTP and to requests that timed out, for which no route exists, and
 * closes the connection. The problem is of type `about:blank`, without a code (RFC 9457 §4.2.1).
 */
export function writeClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[error.code ?? ''] ?? 400;
  const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? '', status };
  writeProblem(socket, problem);
}
