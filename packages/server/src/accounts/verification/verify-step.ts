import type { VerifyStep } from '@parley/protocol';
import type { Waiting } from './email-codes.ts';

/** The response to a log-in or registration that waits for a code. */
export const verifyStep = ({ ticket, expiresAt, resendAfter }: Waiting): VerifyStep => ({
  step: 'verify_email',
  ticket,
  expiresAt: new Date(expiresAt).toISOString(),
  resendAfter,
});
