import { domainToASCII } from 'node:url';
import { type Refusal, refusal, type ServerSettings } from '@parley/protocol';
import { domainOf } from '../users/names.ts';

/** An applicant for an account. */
export interface Applicant {
  readonly email: string;
  /** They have an invitation; whether it is valid is checked where it is used. */
  readonly invited: boolean;
  /** The server has no account yet. */
  readonly first: boolean;
}

/**
 * Returns why the server setting `registration` refuses an applicant, or null. The first account of a server
 * is always admitted.
 *
 * Called in the transaction that creates the account: only there is it certain who is first, and a
 * registration that waited for its code is judged by the current setting.
 */
export function refusalOfAdmission(
  { mode, domains }: ServerSettings['registration'],
  { email, invited, first }: Applicant,
): Refusal | null {
  if (first || mode === 'open') return null;
  if (mode === 'closed') return refusal('registration_closed');
  if (invited) return null;
  if (mode === 'domain') return isListed(domains, email) ? null : refusal('invitation_required');
  return refusal('invitation_required');
}

/** Returns whether the address is in one of the domains, compared as DNS compares them. */
export function isListed(domains: readonly string[], email: string): boolean {
  const domain = domainToASCII(domainOf(email));
  return domains.some((listed) => domainToASCII(listed) === domain);
}
