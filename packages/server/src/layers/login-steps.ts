import { type EmailStepDeps, emailStep } from '../accounts/logins/email-step.ts';
import type { LoginStepRule } from '../accounts/logins/login-steps.ts';
import type { Config } from '../config/config.ts';
import { secondFactorStep } from '../factors/login-step.ts';

/** Returns every step that a login may require, in the order in which they are required. */
export function loginSteps(
  { pool, codes, emails, verifies }: EmailStepDeps,
  { secondFactor }: Pick<Config, 'secondFactor'>,
): readonly LoginStepRule[] {
  return [
    emailStep({ pool, codes, emails, verifies }),
    secondFactorStep({ pool, requirement: secondFactor }),
  ];
}
