import { createHash } from 'node:crypto';
import { type ClientId, clientIdOfHash } from '@parley/protocol';

/** Separates the ids that are derived here from other hashes. */
const NAMESPACE = 'parley.server-command.1';

/**
 * Derives the id of a command of the server itself from its cause. Every node, and a node that was
 * killed meanwhile, derives the same id, so the command is executed once. The id is a UUIDv8 (RFC
 * 9562): the first 128 bits of SHA-256 over the JSON array of a constant and the parts.
 */
export function derivedId(...parts: readonly (string | number)[]): ClientId {
  const hash = createHash('sha256')
    .update(JSON.stringify([NAMESPACE, ...parts]))
    .digest();
  return clientIdOfHash(hash);
}
