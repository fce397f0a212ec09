import type { SecondFactorMethod } from '@parley/protocol';
import type pg from 'pg';
import type { LoginStepRule } from '../accounts/logins/login-steps.ts';
import { isSecondFactor } from '../accounts/sessions/proof.ts';
import { type Requirement, rolesRequired } from '../accounts/sessions/second-factor-requirement.ts';
import { factorsOf } from './queries.ts';

/** Purposes of the tickets of unfinished logins. */
export const STEP = { second: 'second_factor', enrol: 'enrol_second_factor' } as const;

/**
 * Requires the second factor of accounts that have one, and its enrollment where the server requires
 * one (the setting SECOND_FACTOR).
 */
export function secondFactorStep({
  pool,
  requirement,
}: {
  readonly pool: pg.Pool;
  readonly requirement: Requirement;
}): LoginStepRule {
  const required = rolesRequired(requirement);
  return async (proof, issueTicket) => {
    if (proof.passed.some(isSecondFactor)) return null;
    const has = await factorsOf(proof.account, pool);
    const methods: SecondFactorMethod[] = [];
    if (has.totp) methods.push('totp');
    if (has.passkeys > 0) methods.push('passkey');
    if (methods.length > 0) {
      if (has.recoveryCodesLeft > 0) methods.push('recovery');
      return { step: STEP.second, methods, ...(await issueTicket(STEP.second)) };
    }
    if (!required.includes(has.role)) return null;
    return { step: STEP.enrol, ...(await issueTicket(STEP.enrol)) };
  };
}
