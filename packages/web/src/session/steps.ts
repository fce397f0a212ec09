import { AuthApi, type Entered } from '@parley/client';
import type { LoginStep } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api, enter } from './session.ts';

/** The ways in, for the pages outside. */
export const auth = new AuthApi(api);

const KEY = 'parley.step';

/** A log-in that waits for one more step. It survives a reload, and ends with the tab. */
export interface Waiting {
  readonly step: LoginStep;
  /** Where the code was sent to, when this page knows it. */
  readonly email?: string;
}

const PAGES = {
  verify_email: '/verify',
  second_factor: '/second-factor',
  enrol_second_factor: '/enrol',
} as const satisfies Record<LoginStep['step'], string>;

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

/** Goes on after an answer of the server: into the session, or to the page of the missing step. */
export function useArrive(): (answer: Entered, email?: string) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(
    async (answer, email) => {
      if ('step' in answer) {
        const waiting: Waiting = { step: answer, ...(email !== undefined && { email }) };
        sessionStorage.setItem(KEY, JSON.stringify(waiting));
        await navigate({ to: PAGES[answer.step] });
        return;
      }
      sessionStorage.removeItem(KEY);
      enter(answer.me);
    },
    [navigate],
  );
}
