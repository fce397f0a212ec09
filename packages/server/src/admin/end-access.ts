import type { AccountId } from '@parley/protocol';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { Sessions } from '../accounts/sessions/sessions.ts';
import type { Statement } from '../stream/stream-transaction.ts';

/** What gives an account access to the server, and can be ended. */
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

/** Returns the statement that ends the sessions of an account. */
export const sessionsEnded = (account: AccountId): Statement => ({
  name: 'admin-end-sessions',
  text: 'delete from sessions where account_id = $1',
  values: [account],
});

/**
 * Returns the statement that ends the unfinished logins of an account: they check this version,
 * and whether the account is active, under the row lock.
 */
export const loginsEnded = (account: AccountId): Statement => ({
  name: 'admin-end-logins',
  text: 'update accounts set credentials_version = credentials_version + 1 where id = $1',
  values: [account],
});
