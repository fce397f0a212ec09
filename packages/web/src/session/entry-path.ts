import type { Session } from './session.ts';

/**
 * Returns the page for someone without a session who opens `path`: the landing page instead of the start
 * page, but the login page if it must say why a session has ended, however early that happened.
 */
export function entryPath(path: string, session: Extract<Session, { state: 'out' }>) {
  return path === '/' && session.notice === undefined ? '/welcome' : '/login';
}
