import { AuthApi, type Entered } from '@parley/client';
import type { LoginStep } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api, enter } from './session.ts';
import { rememberStep } from './waiting-step.ts';

/** The ways in, for the pages outside. */
export const auth = new AuthApi(api);

const PAGES = {
  verify_email: '/verify',
  second_factor: '/second-factor',
  enrol_second_factor: '/enrol',
} as const satisfies Record<LoginStep['step'], string>;

/** Goes on after an answer of the server: into the session, or to the page of the missing step. */
export function useArrive(): (answer: Entered, email?: string) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(
    async (answer, email) => {
      if ('step' in answer) {
        rememberStep({ step: answer, ...(email !== undefined && { email }) });
        await navigate({ to: PAGES[answer.step] });
        return;
      }
      enter(answer.me);
    },
    [navigate],
  );
}
