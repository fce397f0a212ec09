import type { ErrorCode } from '@parley/protocol';

/** What a policy says of an action: it is allowed, or the code of the refusal. */
export type PolicyVerdict = 'yes' | ErrorCode;
