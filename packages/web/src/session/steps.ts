import { AuthApi, type LoginOutcome } from '@parley/client';
import type { LoginStep } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { rememberStep } from './pending-step.ts';
import { api, startSession } from './session.ts';

/** The API of registration and login. */
export const auth = new AuthApi(api);

const PAGES = {
  verify_email: '/verify',
  second_factor: '/second-factor',
  enrol_second_factor: '/enrol',
} as const satisfies Record<LoginStep['step'], string>;

/** Returns a function that continues a login: starts the session, or opens the page of the next step. */
export function useContinueLogin(): (answer: LoginOutcome, email?: string) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(
    async (answer, email) => {
      if ('step' in answer) {
        rememberStep({ step: answer, ...(email !== undefined && { email }) });
        await navigate({ to: PAGES[answer.step] });
        return;
      }
      await startSession(answer.me);
    },
    [navigate],
  );
}
