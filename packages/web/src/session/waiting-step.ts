import type { LoginStep } from '@parley/protocol';

const KEY = 'parley.step';

/** A login that needs one more step. It survives a reload, but not the tab. */
export interface Waiting {
  readonly step: LoginStep;
  /** The address that the code was sent to, if known. */
  readonly email?: string;
}

/** Stores the step in this tab. */
export const rememberStep = (waiting: Waiting): void =>
  sessionStorage.setItem(KEY, JSON.stringify(waiting));

/** Removes the step: it is complete, or another account logs in next. */
export const forgetStep = (): void => sessionStorage.removeItem(KEY);

/** Returns the stored step of this kind; null when there is none, or it has expired. */
export function waitingFor<K extends LoginStep['step']>(
  kind: K,
): (Waiting & { step: Extract<LoginStep, { step: K }> }) | null {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return null;
  const waiting = JSON.parse(text) as Waiting;
  if (waiting.step.step !== kind || Date.parse(waiting.step.expiresAt) < Date.now()) return null;
  return waiting as Waiting & { step: Extract<LoginStep, { step: K }> };
}
