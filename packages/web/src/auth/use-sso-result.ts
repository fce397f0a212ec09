import { ERRORS, type LoginStep, type SecondFactorMethod } from '@parley/protocol';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ssoReturn } from '../session/sso-return.ts';
import { t } from '../texts/index.ts';

/** The result of a single sign-on login. */
export interface SsoResult {
  /** The error message, if it failed. */
  readonly problem: string | null;
  /** The next step, if the login is not complete. */
  readonly step: LoginStep | null;
  /** The login was started in another tab: its result must not be used here. */
  readonly isForeign: boolean;
}

/**
 * Reads the result of a single sign-on login from the fragment of the address, once. Only the tab
 * that started the login accepts a step: a link with a step of the attacker's account would
 * otherwise log its victim in to that account.
 */
export function useSsoResult(): SsoResult {
  const { hash } = useLocation();
  const [result] = useState(() => read(hash));
  useEffect(() => {
    // Keeps the ticket out of the history.
    if (location.hash !== '') history.replaceState(history.state, '', location.pathname);
  }, []);
  return result;
}

function read(hash: string): SsoResult {
  const values = new URLSearchParams(hash);
  const result = ssoReturn(hash);
  const error = values.get('error');
  return {
    problem: error === null ? null : messageOf(error),
    step: result === 'step' ? stepOf(values) : null,
    isForeign: result === 'foreign',
  };
}

const messageOf = (code: string): string =>
  Object.hasOwn(ERRORS, code)
    ? `${ERRORS[code as keyof typeof ERRORS].title}.`
    : t('login.ssoFailed');

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
