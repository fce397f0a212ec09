import { type Refusal, refusal } from '@parley/protocol';
import pg from 'pg';
import { isConnectionError } from './transaction.ts';

/**
 * Returns the refusal for an error of the database that the caller may retry or that the request
 * itself caused, and null for every other error, which is a bug.
 */
export function refusalOfDatabaseError(error: unknown): Refusal | null {
  if (isConnectionError(error)) return refusal('unavailable', undefined, { retryAfter: 2 });
  if (!(error instanceof pg.DatabaseError)) return null;
  const code = error.code ?? '';
  // A NUL character that no schema rejected (in a search or a cursor): PostgreSQL cannot store it.
  if (code === '22021' || code === '22P05') return refusal('text_invalid');
  if (code === '53100') return refusal('disk_full', undefined, { retryAfter: 10 });
  // Out of resources, lock timeout, statement timeout, deadlock.
  if (code.startsWith('53') || code === '55P03' || code === '57014' || code === '40P01') {
    return refusal('overloaded', undefined, { retryAfter: 2 });
  }
  return null;
}
