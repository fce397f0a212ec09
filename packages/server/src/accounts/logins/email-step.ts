import type pg from 'pg';
import type { Emails } from '../../email/emails.ts';
import { withTransaction } from '../../storage/database.ts';
import type { EmailCodes } from '../verification/email-codes.ts';
import { verifyStep } from '../verification/verify-step.ts';
import type { LoginStepRule } from './login-steps.ts';

/** How {@link emailStep} sends a code, and whether it has to. */
export interface EmailStepDeps {
  readonly pool: pg.Pool;
  readonly codes: EmailCodes;
  readonly emails: Emails;
  /** Returns whether addresses have to be verified. */
  readonly verifies: () => boolean;
}

/**
 * Requires the code of an email from users whose address was never verified: those who registered
 * before codes were required, or whose account an admin created.
 */
export function emailStep({ pool, codes, emails, verifies }: EmailStepDeps): LoginStepRule {
  return async ({ account, credentials, passed, device }) => {
    if (!verifies()) return null;
    const { rows } = await pool.query<{ email: string; locale: string | null }>({
      name: 'verify-rule',
      text: `select email, locale from accounts
             where id = $1 and verified_at is null and email is not null`,
      values: [account],
    });
    const [unverified] = rows;
    if (!unverified) return null;
    const data = { credentials, passed, device };
    const waiting = await codes.ofAccount(account, 'verify');
    if (waiting) return verifyStep(await codes.reissue(waiting.id, data));
    const started = await withTransaction(pool, (client) =>
      codes.start({ purpose: 'verify', account, ...unverified, data }, client),
    );
    emails.wake();
    return verifyStep(started);
  };
}
