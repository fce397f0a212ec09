import type { SetupStep } from '@parley/protocol';
import { SharedValue } from '../lib/shared-value.ts';

const steps = new SharedValue<readonly SetupStep[] | null>(null);

/** Sets the remaining steps, as sent by the server. */
export const setSetupSteps = (left: readonly SetupStep[]): void => steps.set(left);

/** Returns the remaining steps of the setup guide; null until the server has sent them. */
export const useSetupSteps = steps.use;
