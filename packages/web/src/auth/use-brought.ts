import { ERRORS, type LoginStep, type SecondFactorMethod } from '@parley/protocol';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ssoReturn } from '../session/sso-return.ts';

/** What a log-in with another provider has brought back. */
export interface Brought {
  /** What went wrong, in words. */
  readonly problem: string | null;
  /** The step that is missing. */
  readonly step: LoginStep | null;
  /** There is a result, but of a log-in that this tab has not begun: it is not used. */
  readonly isForeign: boolean;
}

/**
 * Reads what a log-in with another provider has brought back behind the `#` of the address, once. A
 * step is taken only by the tab that began: a link with a step of somebody else's account would log
 * whoever follows it in there.
 */
export function useBrought(): Brought {
  const { hash } = useLocation();
  const [brought] = useState(() => read(hash));
  useEffect(() => {
    // A ticket does not stay in the history.
    if (location.hash !== '') history.replaceState(history.state, '', location.pathname);
  }, []);
  return brought;
}

function read(hash: string): Brought {
  const values = new URLSearchParams(hash);
  const result = ssoReturn(hash);
  const error = values.get('error');
  return {
    problem: error === null ? null : wordsOf(error),
    step: result === 'step' ? stepOf(values) : null,
    isForeign: result === 'foreign',
  };
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
