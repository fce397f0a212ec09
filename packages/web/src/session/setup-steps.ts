import type { SetupStep } from '@parley/protocol';
import { useSyncExternalStore } from 'react';

let steps: readonly SetupStep[] | null = null;
const listeners = new Set<() => void>();

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Sets the remaining steps, as sent by the server. */
export function setSetupSteps(left: readonly SetupStep[]): void {
  steps = left;
  for (const listener of listeners) listener();
}

/** Returns the remaining steps of the setup guide; null until the server has sent them. */
export const useSetupSteps = (): readonly SetupStep[] | null =>
  useSyncExternalStore(subscribe, () => steps);
