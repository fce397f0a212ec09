import type { LoginStep } from '@parley/protocol';
import type { Proof } from '../sessions/proof.ts';

/** Issues a ticket with which the login continues after the step of this purpose. */
export type IssueTicket = (purpose: string) => Promise<{ ticket: string; expiresAt: string }>;

/**
 * A step that may be required between the first proof of identity and the session. Returns what the
 * client has to do next (the response has status 202), or null when the step is not required or was
 * passed.
 */
export type LoginStepRule = (proof: Proof, issueTicket: IssueTicket) => Promise<LoginStep | null>;
