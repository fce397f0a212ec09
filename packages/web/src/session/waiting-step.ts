import type { LoginStep } from '@parley/protocol';

const KEY = 'parley.step';

/** A log-in that waits for one more step. It survives a reload, and ends with the tab. */
export interface Waiting {
  readonly step: LoginStep;
  /** Where the code was sent to, when this page knows it. */
  readonly email?: string;
}

/** Keeps the step in this tab. */
export const rememberStep = (waiting: Waiting): void =>
  sessionStorage.setItem(KEY, JSON.stringify(waiting));

/** Forgets the step: it is done, or it was somebody else's. */
export const forgetStep = (): void => sessionStorage.removeItem(KEY);

/** The step of this kind that is waited for; null when there is none, or its time is over. */
export function waitingFor<K extends LoginStep['step']>(
  kind: K,
): (Waiting & { step: Extract<LoginStep, { step: K }> }) | null {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return null;
  const waiting = JSON.parse(text) as Waiting;
  if (waiting.step.step !== kind || Date.parse(waiting.step.expiresAt) < Date.now()) return null;
  return waiting as Waiting & { step: Extract<LoginStep, { step: K }> };
}
