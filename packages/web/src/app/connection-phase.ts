import type { ConnectionState } from '@parley/client';

/** The connection state shown to the user; null: nothing, because it works. */
export type ConnectionPhase = 'offline' | 'connecting' | 'catching-up' | null;

/**
 * Returns the state to show after a change. Without a network the connection alternates between
 * waiting and trying, which remains `offline`, so that the line does not flicker.
 */
export function nextPhase(before: ConnectionPhase, state: ConnectionState): ConnectionPhase {
  if (state === 'live') return null;
  return state === 'connecting' && before === 'offline' ? 'offline' : state;
}
