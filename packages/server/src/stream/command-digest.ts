import { createHash } from 'node:crypto';
import type { Command } from './stream-transaction.ts';

/** Bytes of a stored digest; enough to rule out accidental collisions. */
const DIGEST_BYTES = 16;

/**
 * Returns the digest of what a command asks for: the stream, the type of event, and the payload. Two
 * commands with the same client id and different digests are different commands.
 *
 * It is stored forever, so its input must not depend on names that a refactoring may change.
 */
export function digestOf(
  command: Pick<Command, 'stream' | 'eventType' | 'payload' | 'createsStream'>,
) {
  // A command that creates its stream generates a new stream id at each attempt.
  const stream = command.createsStream ? null : command.stream;
  const canonical = JSON.stringify([command.eventType, stream, command.payload]);
  return createHash('sha256').update(canonical).digest().subarray(0, DIGEST_BYTES);
}
