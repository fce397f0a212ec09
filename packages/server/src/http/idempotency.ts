import type { ClientId } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';

/**
 * The id of the command that a request is: its Idempotency-Key, or a new one. For routes whose
 * schema has `IdempotencyHeader`, which has checked the key.
 */
export function clientIdOf(request: { readonly headers: object }): ClientId {
  const { 'idempotency-key': key } = request.headers as Record<string, unknown>;
  return (typeof key === 'string' ? key : uuidv7()) as ClientId;
}
