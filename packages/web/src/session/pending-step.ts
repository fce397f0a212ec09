import type { LoginStep } from '@parley/protocol';

const KEY = 'parley.step';

/** A login that needs one more step. It survives a reload, but not the tab. */
export interface PendingStep {
  readonly step: LoginStep;
  /** The address that the code was sent to, if known. */
  readonly email?: string;
}

/** Stores the step in this tab. */
export const rememberStep = (pending: PendingStep): void =>
  sessionStorage.setItem(KEY, JSON.stringify(pending));

/** Removes the step: it is complete, or another account logs in next. */
export const forgetStep = (): void => sessionStorage.removeItem(KEY);

/** Returns the stored step of this kind; null when there is none, or it has expired. */
export function pendingStep<K extends LoginStep['step']>(
  kind: K,
): (PendingStep & { step: Extract<LoginStep, { step: K }> }) | null {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return null;
  const pending = JSON.parse(text) as PendingStep;
  if (pending.step.step !== kind || Date.parse(pending.step.expiresAt) < Date.now()) return null;
  return pending as PendingStep & { step: Extract<LoginStep, { step: K }> };
}
