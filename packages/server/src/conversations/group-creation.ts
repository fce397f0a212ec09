import { type AccountId, type AccountRole, type Refusal, refusal } from '@parley/protocol';
import { ownPermissions } from '../http/access.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { RuleContext } from '../stream/stream-transaction.ts';

/** Returns why an account may not create groups, as the transaction sees its role and the setting; or null. */
export async function refusalOfGroupCreation(
  tx: RuleContext,
  account: AccountId,
  settings: ServerSettings,
): Promise<Refusal | null> {
  const { groupCreation } = await settings.readIn(tx);
  const [row] = await tx.query<{ role: AccountRole }>(
    'conversations-creator',
    'select role from accounts where id = $1',
    [account],
  );
  const may = ownPermissions(row?.role ?? 'member', { groupCreation }).includes('create_groups');
  return may ? null : refusal('forbidden', 'Only admins of the server may create groups');
}
