import type { ParleyClient } from '@parley/client';

/** Discards refused messages that an earlier process of the client left, as a user would. */
export function discardRefused(client: ParleyClient): void {
  for (const { id, state } of client.snapshot.outbox) if (state === 'failed') client.discard(id);
}
