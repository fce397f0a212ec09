import { createHash } from 'node:crypto';
import type { ClientId } from '@parley/protocol';

/** Separates the ids that are derived here from other hashes. */
const NAMESPACE = 'parley.server-command.1';

/**
 * Derives the id of a command that the server itself gives from what causes it. Every node, and a node
 * that was killed meanwhile, derives the same id, so the command is executed once. The id is a UUIDv8
 * (RFC 9562): the first 128 bits of SHA-256 over the JSON array of a constant and the parts.
 */
export function derivedId(...parts: readonly (string | number)[]): ClientId {
  const bytes = createHash('sha256')
    .update(JSON.stringify([NAMESPACE, ...parts]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...groups, hex.slice(20)].join('-') as ClientId;
}
