import type { VerifyStep } from '@parley/protocol';
import type { PendingStep } from './email-codes.ts';

/** Returns the response to a login or registration that waits for a code. */
export const verifyStep = ({ ticket, expiresAt, resendAfter }: PendingStep): VerifyStep => ({
  step: 'verify_email',
  ticket,
  expiresAt: new Date(expiresAt).toISOString(),
  resendAfter,
});
