import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { writeProblem } from './problem.ts';

/**
 * Answers a request with several Host headers with 400, closes its connection, and returns true; returns false for all
 * others. Node keeps the first header; a proxy may have used another one (RFC 9112 §3.2).
 */
export function rejectSeveralHosts({ rawHeaders }: IncomingMessage, socket: Duplex): boolean {
  const names = rawHeaders.filter((_text, at) => at % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'host').length < 2) return false;
  const detail = 'The request has several Host headers';
  const problem = { type: 'about:blank', title: 'Bad Request', status: 400, detail };
  writeProblem(socket, problem);
  return true;
}
