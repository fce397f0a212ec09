import type { ClientId } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';

/**
 * Returns the client id of a command: its Idempotency-Key, or a new one. For routes whose schema
 * includes `IdempotencyHeader`, which validates the key.
 */
export function clientIdOf(request: { readonly headers: object }): ClientId {
  const { 'idempotency-key': key } = request.headers as Record<string, unknown>;
  return (typeof key === 'string' ? key : uuidv7()) as ClientId;
}
