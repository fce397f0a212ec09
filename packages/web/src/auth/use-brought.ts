import { ERRORS, type LoginStep, type SecondFactorMethod } from '@parley/protocol';
import { useLocation } from '@tanstack/react-router';
import { useState } from 'react';

/**
 * What a log-in with another provider has brought back behind the `#` of the address: the step that
 * is missing, or what went wrong. Read once.
 */
export function useBrought(): { problem: string | null; step: LoginStep | null } {
  const { hash } = useLocation();
  const [brought] = useState(() => {
    const values = new URLSearchParams(hash);
    const error = values.get('error');
    return { problem: error === null ? null : wordsOf(error), step: stepOf(values) };
  });
  return brought;
}

const wordsOf = (code: string): string =>
  Object.hasOwn(ERRORS, code)
    ? `${ERRORS[code as keyof typeof ERRORS].title}.`
    : 'Logging in there did not work.';

function stepOf(values: URLSearchParams): LoginStep | null {
  const ticket = values.get('ticket');
  const expiresAt = values.get('expiresAt');
  const step = values.get('step');
  if (ticket === null || expiresAt === null) return null;
  if (step === 'second_factor') {
    const methods = (values.get('methods') ?? '').split(',') as SecondFactorMethod[];
    return { step, ticket, expiresAt, methods };
  }
  if (step === 'enrol_second_factor') return { step, ticket, expiresAt };
  if (step === 'verify_email') {
    return { step, ticket, expiresAt, resendAfter: Number(values.get('resendAfter') ?? 60) };
  }
  return null;
}
