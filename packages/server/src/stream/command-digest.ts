import { createHash } from 'node:crypto';
import type { Command } from './stream-transaction.ts';

/** Bytes of a stored digest. Enough that no two commands share one by accident. */
const DIGEST_BYTES = 16;

/**
 * Returns the digest of what a command asks for: the stream, the type of event, and the payload. Two
 * commands with the same client id and different digests are different commands.
 *
 * It is stored for ever, so its input must not depend on names that a refactoring may change.
 */
export function digestOf(
  command: Pick<Command, 'stream' | 'eventType' | 'payload' | 'createsStream'>,
) {
  // A command that creates its stream draws a new stream id for each attempt.
  const stream = command.createsStream ? null : command.stream;
  const canonical = JSON.stringify([command.eventType, stream, command.payload]);
  return createHash('sha256').update(canonical).digest().subarray(0, DIGEST_BYTES);
}
