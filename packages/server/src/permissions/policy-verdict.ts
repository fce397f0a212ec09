import type { ErrorCode } from '@parley/protocol';

/** The verdict of a policy on an action: allowed, or the code of the refusal. */
export type PolicyVerdict = 'yes' | ErrorCode;
