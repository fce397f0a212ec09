import type { AccountId } from '@parley/protocol';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { Sessions } from '../accounts/sessions/sessions.ts';

/** What {@link endAccess} needs. */
export interface AccessParts {
  readonly sessions: Pick<Sessions, 'endAll'>;
  readonly keys: Pick<ApiKeys, 'closeAll'>;
}

/** Ends the sessions of an account, and closes the sockets of its API keys, once it may no longer act. */
export async function endAccess(
  { sessions, keys }: AccessParts,
  account: AccountId,
): Promise<void> {
  await Promise.all([sessions.endAll(account), keys.closeAll(account)]);
}
