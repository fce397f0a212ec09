import type { ConnectionState } from '@parley/client';

/** What the user is told about the connection; null: nothing, as it works. */
export type ConnectionPhase = 'offline' | 'connecting' | 'catching-up' | null;

/**
 * Returns what to tell after a change of the state. Without network the state alternates between waiting and trying:
 * that stays `offline`, so that the line does not flicker.
 */
export function nextPhase(before: ConnectionPhase, state: ConnectionState): ConnectionPhase {
  if (state === 'live') return null;
  return state === 'connecting' && before === 'offline' ? 'offline' : state;
}
